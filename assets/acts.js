/** What a page sends along with an act: its kind, and the token that only a page of ours can know (access/guard.py). */
window.cockpitHeaders = function () {
  "use strict";
  const found = /(?:^|;\s*)_csrf_token=([^;]+)/.exec(document.cookie);
  return { "content-type": "application/json", "x-csrftoken": found ? found[1] : "" };
};

/** A button with data-copy copies that text; where the browser does not let it, the text stands beside it, selectable. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || !navigator.clipboard) return;
  navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = button.dataset.copied; }, () => {});
});
