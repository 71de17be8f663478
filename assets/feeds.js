/** The card of a feed the address names comes first: by a sheet of its own, for the cards are drawn anew all the time. */
(function () {
  "use strict";
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.feeds = {
    choose(picked) {
      const feed = picked && picked.value;
      sheet.replaceSync(feed ? `.feed-card[data-feed="${CSS.escape(feed)}"] { order: -1; outline: 2px solid var(--data); outline-offset: -2px; }` : "");
      return window.dash_clientside.no_update;
    },
  };
})();

/** Quarantine as a file: what is sought stands on the page; the server reads all of it, not only the page shown. */
document.addEventListener("click", async (event) => {
  "use strict";
  const button = event.target.closest("[data-quarantine-export]");
  const sought = document.getElementById("quarantine-sought");
  if (!button || !sought || !sought.textContent) return;
  const format = button.dataset.quarantineExport;
  const lang = document.querySelector("main").lang.replace("-", "_");
  const body = JSON.stringify({ ...JSON.parse(sought.textContent), format, lang });
  button.disabled = true;
  try {
    const answer = await fetch("/api/v1/quarantine/export", { method: "POST", headers: window.cockpitHeaders(), body });
    if (!answer.ok) throw new Error(String(answer.status));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `quarantine.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  } catch (error) {
    console.warn("quarantine: the export failed", error);
    button.title = String(error.message);
  } finally {
    button.disabled = false;
  }
});
