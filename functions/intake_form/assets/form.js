"use strict";

// Comfort only: the page does everything without this script, and nothing typed is kept anywhere.
(() => {
  const MIB = 1024 * 1024;
  const TEXT_ALLOWANCE = MIB / 2; // what the typed fields and the multipart framing may take of the request
  const GIVE_BACK_AFTER_MS = 180_000; // a stopped upload raises no event: the button must not stay dead
  const find = (selector) => document.querySelector(selector);

  const copyButton = find("[data-copy]");
  if (copyButton && navigator.clipboard) {
    const copied = find("[data-copied]");
    copyButton.hidden = false;
    copyButton.addEventListener("click", () => {
      navigator.clipboard.writeText(copyButton.dataset.copy).then(
        () => { copied.textContent = "Скопировано"; },
        () => { copied.textContent = "Не\u00a0удалось: выделите номер и\u00a0скопируйте его сами"; },
      );
    });
  }

  const form = find("form");
  if (!form) return;
  // The page for what is missing has none of them.
  const { email, phone, files } = form.elements;

  const filesProblem = () => {
    const chosen = [...files.files];
    const { maxFiles, maxFileMb, maxRequestMb } = files.dataset;
    if (chosen.length > maxFiles) {
      return `Файлов можно приложить не\u00a0больше ${maxFiles}, а\u00a0выбрано ${chosen.length}.`;
    }
    const large = chosen.filter((file) => file.size > maxFileMb * MIB);
    if (large.length) {
      return `Больше ${maxFileMb}\u00a0МБ: ${large.map((file) => `«${file.name}»`).join(", ")}. Выберите файлы без них.`;
    }
    if (chosen.reduce((sum, file) => sum + file.size, 0) > maxRequestMb * MIB - TEXT_ALLOWANCE) {
      return `Вместе файлы слишком велики: на\u00a0всё обращение отведено ${maxRequestMb}\u00a0МБ. Выберите часть.`;
    }
    return "";
  };
  const checkFiles = () => {
    const problem = filesProblem();
    files.setCustomValidity(problem);
    files.setAttribute("aria-invalid", String(problem !== ""));
    find("#files-error").textContent = problem;
  };
  if (files) files.addEventListener("change", checkFiles);

  for (const note of form.querySelectorAll("[data-limit-for]")) {
    const text = form.elements[note.dataset.limitFor];
    text.addEventListener("input", () => {
      const full = text.maxLength > 0 && text.value.length >= text.maxLength;
      note.textContent = full ? "Больше не\u00a0поместится. Если текст обрезан, приложите его файлом." : "";
    });
  }

  const button = form.querySelector("[type=submit]");
  const progress = find("[data-progress]");
  const label = button.textContent;
  const setBusy = (busy) => {
    button.disabled = busy;
    button.textContent = busy ? button.dataset.busy : label;
    progress.textContent = busy && files?.files.length ? "Загружаем файлы, не\u00a0закрывайте страницу." : "";
  };
  // The click (Enter raises it too) comes before the browser's own checks. What it refuses here isn't
  // uploaded; after an upload the browser would have forgotten the chosen files.
  button.addEventListener("click", () => {
    if (email) {
      const contact = email.value.trim() || phone.value.trim();
      email.setCustomValidity(contact ? "" : "Укажите электронную почту или телефон.");
    }
    if (files) checkFiles();
  });
  form.addEventListener("submit", () => {
    setBusy(true);
    setTimeout(setBusy, GIVE_BACK_AFTER_MS, false);
  });
  // After “Back” the page may come from the back/forward cache with the button still disabled.
  addEventListener("pageshow", () => setBusy(false));
})();
