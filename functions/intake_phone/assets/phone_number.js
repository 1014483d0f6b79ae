"use strict";

// A phone number is formatted while it is typed: +7 916 123-45-67. Foreign numbers and remarks are left alone.
(() => {
  const phone = document.querySelector("#phone");
  if (!phone) return;

  const LOCAL = 10; // digits of a Russian number without its country code
  const digitsOf = (text) => text.replace(/\D/g, "");
  let added = false; // the country code is ours

  const format = (text) => {
    const digits = digitsOf(text);
    // 8~10 is the way out of the country.
    if (/[^\d\s()+.-]/.test(text) || /^810/.test(digits)) return text;
    const coded = text.trim().startsWith("+") ? digits.startsWith("7") : /^[78][3-9]/.test(digits);
    if (!coded && !/^9/.test(text.trim())) return text;
    const local = coded ? digits.slice(1) : digits;
    if (!coded) added = true;
    if (local.length > LOCAL) return added ? `+${local}` : text;
    if (local && !/^[3-9]/.test(local)) return text;
    // Behind a whole number a remark may begin.
    const space = local.length === LOCAL && /\s$/.test(text) ? " " : "";
    const [area, first, second, third] = [local.slice(0, 3), local.slice(3, 6), local.slice(6, 8), local.slice(8)];
    return ["+7", area && ` ${area}`, first && ` ${first}`, second && `-${second}`, third && `-${third}`, space].join("");
  };
  const placeAfter = (text, count) => {
    let left = count;
    for (let place = 0; place < text.length; place += 1) {
      if (left === 0) return place;
      if (/\d/.test(text[place])) left -= 1;
    }
    return text.length;
  };

  phone.addEventListener("input", (event) => {
    const before = phone.value;
    if (!before) added = false;
    const after = event.isComposing ? before : format(before);
    if (after === before) return;
    const more = digitsOf(after).length - digitsOf(before).length;
    const caret = digitsOf(before.slice(0, phone.selectionStart)).length + more;
    phone.value = after;
    if (document.activeElement === phone) phone.setSelectionRange(placeAfter(after, caret), placeAfter(after, caret));
  });
})();
