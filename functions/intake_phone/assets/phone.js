"use strict";

// Comfort only: the page does everything without this script. Nothing typed is lost: each call that is being written down
// has a draft of its own in the browser, until the server has answered that the call is saved.
(() => {
  const form = document.querySelector("#call");
  if (!form) return;

  const PREFIX = "pass24-call-"; // of the drafts' keys
  const TAB = "pass24-call"; // this tab's draft, in the tab's own storage
  const KEPT_MS = 86_400_000;
  const AGAIN_MS = 5_000;
  const ANSWER_MS = 20_000;
  const LOCK_MS = 1_000;

  const find = (selector) => document.querySelector(selector);
  const inputs = [...form.elements].filter((each) => each.id);
  const { phone, same_as: sameAs, call_started_at: startedAt } = form.elements;
  const notice = find("#notice");
  const state = find("[data-state]");
  const clockDifference = Date.parse(form.dataset.now) - Date.now();

  let draft = null; // {id, at, waiting, values}; `waiting`: it is to be sent as soon as that is possible
  let sending = false;
  let again = 0;

  const element = (name, text = "", properties = {}) => {
    const made = Object.assign(document.createElement(name), properties);
    if (text) made.textContent = text;
    return made;
  };
  // What is set anew is read aloud anew.
  const say = (text) => { if (state.textContent !== text) state.textContent = text; };
  const warn = (...content) => {
    // What waits is sent by itself: nothing has failed yet.
    notice.className = draft?.waiting ? "box warn" : "box bad";
    notice.replaceChildren(...content);
    notice.hidden = content.length === 0;
  };

  // Drafts.
  const newDraft = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return { id: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""), waiting: false };
  };
  // A browser may keep nothing at all, and say so with an exception.
  const safely = (action, otherwise) => {
    try {
      return action();
    } catch {
      return otherwise;
    }
  };
  const drafts = () => safely(() => Object.keys(localStorage), []).filter((key) => key.startsWith(PREFIX)).map(
    (key) => safely(() => JSON.parse(localStorage.getItem(key)), { id: key.slice(PREFIX.length), at: 0 }),
  );
  const remove = ({ id }) => safely(() => localStorage.removeItem(PREFIX + id));
  const isEmpty = (each) => (each.type === "checkbox" ? !each.checked : !each.value.trim());
  const store = () => {
    if (inputs.every((each) => each === startedAt || isEmpty(each))) {
      remove(draft);
      say("");
      return;
    }
    draft.at = Date.now();
    draft.values = Object.fromEntries(inputs.map((each) => [each.name, each.type === "checkbox" ? each.checked : each.value]));
    try {
      localStorage.setItem(PREFIX + draft.id, JSON.stringify(draft));
      sessionStorage.setItem(TAB, draft.id);
      say("Черновик хранится в\u00a0этом браузере.");
    } catch {
      say("Браузер не\u00a0хранит черновик: не\u00a0закрывайте страницу, пока звонок не\u00a0сохранён.");
    }
  };
  const forget = () => {
    if (draft) remove(draft);
    safely(() => sessionStorage.removeItem(TAB));
    draft = null;
  };
  // An open page holds its draft's lock. So a duplicated tab goes on with a draft of its own, and what a closed one has
  // left behind is found.
  const hold = (held) => {
    draft = held;
    if (!navigator.locks) return;
    const open = new Promise(() => {});
    navigator.locks.request(PREFIX + held.id, { signal: AbortSignal.timeout(LOCK_MS) }, () => open).catch(() => {
      if (draft !== held || sending) return;
      clearTimeout(again);
      hold(newDraft());
      store();
    });
  };
  const restore = (found) => {
    for (const each of inputs) {
      if (each.type === "checkbox") each.checked = found.values[each.name] === true;
      else each.value = found.values[each.name] ?? "";
    }
    hold(found);
    store();
    form.dispatchEvent(new Event("restored"));
    if (found.waiting) save();
  };
  const offer = async () => {
    const box = find("[data-drafts]");
    box.hidden = true;
    if (!navigator.locks) return;
    const held = (await navigator.locks.query()).held.map((lock) => lock.name);
    const [left] = drafts().filter(({ id }) => !held.includes(PREFIX + id)).sort((one, other) => other.at - one.at);
    if (!left || draft) return;
    const go = element("button", "Продолжить", { type: "button" });
    const drop = element("button", "Удалить", { type: "button", className: "plain" });
    const { phone: number, email, name, description, call_started_at: began } = left.values;
    const who = number || email || name || `«${description.slice(0, 40)}»`;
    go.addEventListener("click", () => { box.hidden = true; restore(left); phone.focus(); });
    drop.addEventListener("click", () => { remove(left); phone.focus(); offer(); });
    const actions = element("p", "", { className: "actions" });
    actions.append(go, drop);
    box.replaceChildren(element("p", `Не\u00a0сохранён звонок: ${who}, начат в\u00a0${began.slice(11, 16)}.`), actions);
    box.hidden = false;
  };
  const wallTime = () => {
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(form.dataset.offset);
    const offset = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
    return new Date(Date.now() + clockDifference + offset).toISOString().slice(0, 19);
  };

  // Saving.
  const showErrors = (errors) => {
    for (const each of inputs) {
      const error = errors.find(({ field }) => field === each.name);
      each.setAttribute("aria-invalid", String(Boolean(error)));
      find(`#${each.id}-error`).textContent = error?.message ?? "";
      each.closest(".field").classList.toggle("wrong", Boolean(error));
    }
    inputs.find((each) => each.closest(".wrong"))?.focus();
  };
  const later = (text) => {
    again = setTimeout(save, AGAIN_MS);
    warn(element("p", `${text} Всё, что вы ввели, хранится в\u00a0этом браузере и\u00a0отправится само. Сразу: Ctrl+Enter.`));
    say("Ждём связи…");
  };
  const stop = (...content) => {
    draft.waiting = false;
    store();
    warn(...content);
    say("Звонок не\u00a0сохранён.");
  };
  const signInAgain = (detail = "Вход истёк.") => {
    const link = element("a", "Войдите в\u00a0новой вкладке", { href: "/", target: "_blank", rel: "noopener" });
    const how = element("p");
    how.append("Всё, что вы ввели, хранится здесь. ", link, ", вернитесь сюда и\u00a0нажмите Ctrl+Enter.");
    stop(element("p", detail), how);
  };
  const body = () => {
    const started = draft.values.call_started_at;
    const whole = started.length === "2026-11-22T12:30".length ? `${started}:00` : started;
    return JSON.stringify({ ...draft.values, call_started_at: whole && whole + form.dataset.offset });
  };
  const refused = (status, answer) => {
    if (status === 401 || status === 403) {
      signInAgain(answer.detail);
    } else if (status >= 500 || status === 429) {
      later(answer.detail ?? "Сервер не\u00a0отвечает.");
    } else {
      if (answer.ticket) {
        // It was saved, the answer was lost, and somebody typed on: what is new belongs to that ticket.
        remove(draft);
        hold(newDraft());
        sameAs.value = answer.ticket;
      }
      stop(element("p", answer.detail ? `${answer.title}. ${answer.detail}` : "Сервер не\u00a0принял звонок."));
      showErrors(answer.errors ?? []);
    }
  };
  const send = async () => {
    const response = await fetch("/", {
      method: "POST",
      redirect: "manual", // to the page for signing in
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": draft.id },
      body: body(),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (response.type === "opaqueredirect") return { status: 401 };
    const isJson = /json/.test(response.headers.get("Content-Type"));
    // A page in place of an answer is one for signing in, or of something that stands between.
    return { status: response.ok && !isJson ? 401 : response.status, answer: isJson ? await response.json() : {} };
  };
  const save = async () => {
    if (sending) return;
    sending = true;
    clearTimeout(again);
    const focused = document.activeElement;
    if (!draft) hold(newDraft());
    draft.waiting = true;
    store();
    warn();
    say("Сохраняем…");
    form.inert = true; // what would be typed now would not be sent any more
    const { status, answer = {} } = await send().catch(() => ({ status: 0 }));
    if (status >= 200 && status < 300) {
      forget();
      location.assign(answer.ticket ? `/saved?${new URLSearchParams({ ticket: answer.ticket, way: answer.way })}` : "/saved");
      return;
    }
    sending = false;
    form.inert = false;
    focused?.focus();
    if (status) refused(status, answer);
    else later("Связи нет.");
  };

  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  form.addEventListener("input", ({ target }) => {
    if (!target.id) return;
    clearTimeout(again);
    if (!draft) {
      if (target !== startedAt) startedAt.value = wallTime();
      hold(newDraft());
      find("[data-drafts]").hidden = true;
    }
    if (draft.waiting) warn(element("p", "Звонок ещё не\u00a0сохранён. Допишите и\u00a0нажмите Ctrl+Enter."));
    draft.waiting = false;
    store();
  });
  form.addEventListener("reset", (event) => {
    if (draft && !confirm("Стереть всё, что введено?")) {
      event.preventDefault();
      return;
    }
    clearTimeout(again);
    forget();
    warn();
    showErrors([]);
    say("");
    setTimeout(() => { form.dispatchEvent(new Event("restored")); phone.focus(); });
  });
  form.addEventListener("keydown", (event) => {
    const isLine = event.target.matches("input:not([type=checkbox])");
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !isLine || event.isComposing) return;
    event.preventDefault();
    const stops = [...form.querySelectorAll("input[id], textarea, [type=submit]")];
    stops.find((each) => event.target.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING)?.focus();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    save();
  });
  addEventListener("online", () => { if (draft?.waiting) save(); });
  // Back from the page with the number: the call is saved, and this one is another.
  addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });

  for (const each of drafts()) if (!(Date.now() - each.at < KEPT_MS)) remove(each);
  for (const each of document.querySelectorAll("[data-keys]")) each.hidden = false;
  if ("blank" in form.dataset) {
    const own = drafts().find(({ id }) => id === safely(() => sessionStorage.getItem(TAB)));
    if (own) restore(own);
    else offer();
  }
})();
