/** The styleguide measures what it shows: contrast (WCAG 2.2) and tokens as they are in force, in every palette. */
(function () {
  "use strict";

  function luminance(colour) {
    const parts = colour.trim().slice(1).match(/../g).map((part) => parseInt(part, 16) / 255);
    const [red, green, blue] = parts.map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  /** The tokens a palette's card names, as swatches and as inks on a tile. */
  function layOut(card) {
    const list = (name) => card.appendChild(Object.assign(document.createElement("ul"), { className: name }));
    const swatches = list("style-swatches");
    for (const token of card.dataset.swatches.split(" ")) {
      const item = swatches.appendChild(document.createElement("li"));
      item.appendChild(document.createElement("i")).style.background = `var(--${token})`;
      item.appendChild(document.createElement("code")).textContent = token;
    }
    const contrasts = list("style-contrasts");
    for (const ink of card.dataset.inks.split(" ")) {
      const item = contrasts.appendChild(document.createElement("li"));
      item.dataset.contrast = `${ink} tile`;
      const word = item.appendChild(document.createElement("span"));
      word.style.color = `var(--${ink})`;
      word.textContent = ink;
      item.appendChild(document.createElement("b")).className = "num";
    }
  }

  function measure() {
    for (const card of document.querySelectorAll(".style-tokens:empty")) layOut(card);
    for (const element of document.querySelectorAll("[data-contrast]")) {
      const style = getComputedStyle(element);
      const [ink, ground] = element.dataset.contrast.split(" ").map((name) => luminance(style.getPropertyValue("--" + name)));
      const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      const words = `${ratio.toFixed(1)} : 1`;
      if (element.lastElementChild.textContent !== words) element.lastElementChild.textContent = words;
    }
    for (const element of document.querySelectorAll("[data-token]")) {
      const words = getComputedStyle(element).getPropertyValue(element.dataset.token).trim();
      if (element.textContent !== words) element.textContent = words;
    }
  }

  function start() {
    let due = 0;
    new MutationObserver(() => {
      if (location.pathname !== "/styleguide" || due) return;
      due = requestAnimationFrame(() => {
        due = 0;
        measure();
      });
    }).observe(document.body, { childList: true, subtree: true });
    measure();
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
