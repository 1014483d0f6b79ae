"use strict";

// The caller's recent tickets, while the contact is being typed: whoever calls about one of them gets no second number.
(() => {
  const form = document.querySelector("#call");
  if (!form) return;

  const PAUSE_MS = 300; // in typing, before anything is looked up
  const DIGITS = 10; // of a phone number that may be whole
  const { phone, email, same_as: sameAs } = form.elements;
  const list = form.querySelector("[data-recent]");
  const found = form.querySelector("[data-found]");
  const choices = form.querySelector("[data-choices]");
  const moment = new Intl.DateTimeFormat("ru", {
    ...{ timeZone: form.dataset.zone, day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" },
  });
  let pause = 0;
  let asking = new AbortController();

  const element = (name, text = "", properties = {}) => {
    const made = Object.assign(document.createElement(name), properties);
    if (text) made.textContent = text;
    return made;
  };
  const choice = (value, label, more = "") => {
    const row = element("div", "", { className: "choice" });
    const box = element("label");
    const words = element("span");
    words.append(element("b", label), element("span", more, { className: "soft" }));
    box.append(element("input", "", { type: "radio", name: "choice", value }), words);
    row.append(box);
    return row;
  };
  const ticketChoice = ({ ticket, title, received_at: receivedAt, state, url }) => {
    const topic = title.replace(/^\[#\d+\] /, "");
    const row = choice(String(ticket), `№\u00a0${ticket} ${topic}`, `${moment.format(new Date(receivedAt))}\u00a0— ${state}`);
    if (url) row.append(element("a", "Открыть", { href: url, target: "_blank", rel: "noopener" }));
    return row;
  };
  const radios = () => [...choices.querySelectorAll("input")];
  // What is typed into the field counts; the list only helps to fill it.
  const follow = () => {
    const number = sameAs.value.replace(/\D/g, "");
    for (const radio of radios()) {
      radio.checked = radio.value === number;
      radio.closest(".choice").classList.toggle("chosen", radio.checked);
    }
  };
  const choose = (radio) => {
    radio.checked = true;
    sameAs.value = radio.value;
    sameAs.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const show = (tickets) => {
    list.hidden = tickets.length === 0;
    found.textContent = tickets.length ? `Недавние обращения этого клиента: ${tickets.length}` : "";
    choices.replaceChildren(choice("", "Новое обращение"), ...tickets.map(ticketChoice));
    follow();
  };
  const lookUp = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const number = phone.value.replace(/\D/g, "").length >= DIGITS ? phone.value : "";
    const address = /^\S+@\S+\.\S{2,}$/.test(email.value.trim()) ? email.value : "";
    let tickets = [];
    if (number || address) {
      try {
        const body = JSON.stringify({ phone: number, email: address }); // no client's contact in an address: these are logged
        const headers = { "Content-Type": "application/json" };
        const response = await fetch("/recent", { method: "POST", headers, body, redirect: "manual", signal });
        if (response.ok) ({ tickets } = await response.json());
      } catch {
        // The call can be saved without the list.
      }
    }
    if (!signal.aborted) show(tickets);
  };

  form.addEventListener("input", ({ target }) => {
    if (target.name === "choice") choose(target);
    if (target === sameAs) follow();
    if (target !== phone && target !== email) return;
    clearTimeout(pause);
    pause = setTimeout(lookUp, PAUSE_MS);
  });
  form.addEventListener("restored", lookUp);
  addEventListener("keydown", (event) => {
    const [, digit] = /^Digit([0-5])$/.exec(event.code) ?? [];
    const radio = radios()[digit];
    if (!event.altKey || event.ctrlKey || event.metaKey || !radio || list.hidden) return;
    event.preventDefault();
    choose(radio);
  });
  if (phone.value || email.value) lookUp();
})();
