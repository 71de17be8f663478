/**
 * Choices of a page that stand in the address: inside <div data-chosen="name"> the field or the choice that is set is
 * written as ?name=, as it is said, so that a link, a saved view or the other language shows the same.
 * The page's layout reads it again.
 */
(function () {
  "use strict";
  function remember(event) {
    const place = event.target.closest("[data-chosen]");
    if (!place) return;
    const address = new URL(location.href);
    const value = event.target.value.trim();
    if (value) address.searchParams.set(place.dataset.chosen, value);
    else address.searchParams.delete(place.dataset.chosen);
    const href = (address.pathname + address.search).replace(/%3A/g, ":");
    if (href !== location.pathname + location.search) history.replaceState(history.state, "", href);
  }
  document.addEventListener("change", remember, true);
})();
