// Keeps a page that hangs on a wall fresh, in its place. Nothing that somebody has begun is lost.
"use strict";

const EVERY = 60_000; // milliseconds
const main = document.querySelector("main");

function isInUse() {
  const fields = [...main.querySelectorAll("input:not([type=hidden])")];
  return (
    main.contains(document.activeElement) && document.activeElement !== main ||
    main.querySelector("details[open]") !== null ||
    fields.some((field) => field.value !== field.defaultValue)
  );
}

async function refresh() {
  if (document.hidden || isInUse()) {
    return;
  }
  // Without a query: what it says was done is told once. When there is no answer, the next minute may have one.
  const answer = await fetch(location.pathname).catch(() => null);
  if (!answer?.ok) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!isInUse()) {
    document.title = page.title;
    main.replaceChildren(...page.querySelector("main").childNodes);
  }
}

setInterval(refresh, EVERY);
