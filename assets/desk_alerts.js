/**
 * Acts on alerts, by key and by button: <div data-alert-acts data-texts data-me> with buttons `data-alert-act`.
 * With `data-of="grid"` they act on the rows chosen in that table, else on the one alert of the page
 * (`data-id`, `data-version`, `data-no`), or on that of the card they are in (`data-alert-card`). What it would refuse is disabled and says why (`no`: act:reason ...);
 * who was slower than another hears who it was. Only the store decides: it is asked in any case.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const BULK = new Set(["acknowledge", "take", "assign", "shelve", "comment"]); // the others are said of one alert at a time
  const AT_ONCE = 4;
  const FIELDS = {
    assign: ["to", "agency", "note?"], comment: ["note"], measure: ["note"], feedback: ["note"], confirm: ["note?"],
    shelve: ["minutes", "why"], reopen: ["why"], out_of_service: ["why"],
  };
  const TURNS = { shelve: ["shelved", "unshelve"], out_of_service: ["out", "return_to_service"] };
  const MINUTES = [15, 60, 240, 480];
  const AGENCIES = ["customs", "border", "maritime", "port"];
  let due = 0;
  let told = 0;

  const barOf = () => document.querySelector("[data-alert-acts]");
  const gridOf = (bar) => (bar && bar.dataset.of ? root.cockpit.parts.grid.apiOf(bar.dataset.of) : null);
  const past = () => ["at", "since"].some((key) => new URLSearchParams(location.search).has(key));

  function text(bar, key, params) {
    if (bar.cockpitSource !== bar.dataset.texts) {
      bar.cockpitSource = bar.dataset.texts;
      bar.cockpitTexts = JSON.parse(bar.dataset.texts);
    }
    return (bar.cockpitTexts[key] || key).replace(/\{(\w+)\}/g, (place, name) => (params && name in params ? params[name] : place));
  }

  // ---- what is chosen, and what may be done with it ----
  const said = ({ dataset: { id, version, no, hidden, confirmed, level } }) => ({ id, version: Number(version), no, hidden, confirmed, n: Number(level) });

  function chosen(bar) {
    if (!bar.dataset.of) return bar.dataset.id ? [said(bar)] : [];
    const api = gridOf(bar);
    return api ? api.getSelectedRows() : [];
  }

  /** Why an alert would refuse; empty: it would not. */
  function refusal(bar, row, act) {
    const found = (row.no || "").split(" ").find((one) => one.startsWith(act + ":"));
    if (found) return found.slice(act.length + 1);
    return act === "close" && row.n === 1 && row.confirmed && row.confirmed === bar.dataset.me ? "second_person" : "";
  }

  /** A button turns round what is so already: a shelved alert can be brought back. */
  function turned(act, rows) {
    const [state, back] = TURNS[act] || [];
    return back && rows.length && rows.every((row) => row.hidden === state) ? back : act;
  }

  function why(bar, rows, act) {
    if (past()) return text(bar, "alert.said.past");
    if (!rows.length) return text(bar, "alert.said.nothing");
    if (rows.length > 1 && !BULK.has(act)) return text(bar, "alert.said.one");
    const refused = rows.map((row) => refusal(bar, row, act));
    return refused.every(Boolean) ? text(bar, `alert.step.${refused[0]}`) : "";
  }

  function show() {
    const bar = barOf();
    if (!bar) return;
    for (const card of bar.querySelectorAll("[data-alert-card]")) showCard(bar, card);
    const rows = chosen(bar);
    for (const button of bar.querySelectorAll(":scope > [data-alert-act]")) {
      const act = turned(button.dataset.alertAct, rows);
      const reason = why(bar, rows, act);
      const words = text(bar, `alert.act.${act}`) + (rows.length > 1 ? ` (${rows.length})` : "");
      if (button.disabled !== Boolean(reason)) button.disabled = Boolean(reason);
      if (button.title !== reason) button.title = reason;
      const place = button.querySelector(".act-word");
      if (place.textContent !== words) place.textContent = words;
    }
  }

  /** Under a thumb nothing hovers: why the last button refuses stands in words. */
  function showCard(bar, card) {
    let reason = "";
    for (const button of card.querySelectorAll("[data-alert-act]")) {
      reason = why(bar, [said(card)], button.dataset.alertAct);
      if (button.disabled !== Boolean(reason)) button.disabled = Boolean(reason);
    }
    const place = card.querySelector(".card-no");
    if (place.textContent !== reason) place.textContent = reason;
  }

  // ---- asking what is missing ----
  function ask(bar, act, rows) {
    const fields = FIELDS[act];
    if (!fields) return Promise.resolve({});
    return new Promise((resolve) => {
      const box = desk.dialog("alert", text(bar, `alert.act.${act}`) + (rows.length > 1 ? ` (${rows.length})` : ""));
      if (!box) return resolve(null);
      const form = desk.make("form", { className: "act-form", method: "dialog" }, ...fields.map((field) => input(bar, act, field)));
      form.append(desk.make("button", { type: "submit", className: "act", text: text(bar, `alert.act.${act}`) }));
      let given = null;
      form.addEventListener("submit", () => (given = Object.fromEntries(new FormData(form))));
      form.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.target.tagName !== "TEXTAREA" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        form.requestSubmit();
      });
      box.addEventListener("close", () => resolve(given));
      box.append(form);
      form.querySelector("input, textarea").focus();
    });
  }

  function input(bar, act, field) {
    const name = field.replace("?", "");
    const label = desk.make("label", {}, desk.make("span", { text: text(bar, `alert.ask.${name}`) }));
    const must = !field.endsWith("?");
    if (name === "to") {
      const list = desk.make("datalist", { id: "alert-people" }, ...people(bar).map((one) => desk.make("option", { value: one })));
      label.append(desk.make("input", { name, required: must, maxLength: 200, autocomplete: "off", list: "alert-people" }), list);
      label.querySelector("input").setAttribute("list", "alert-people");
    } else if (name === "agency") {
      const none = desk.make("option", { value: "", text: text(bar, "alert.ask.none_agency") });
      label.append(desk.make("select", { name }, none, ...AGENCIES.map((code) => desk.make("option", { value: code, text: text(bar, `agency.${code}`) }))));
    } else if (name === "minutes") {
      const list = desk.make("datalist", { id: "alert-minutes" }, ...MINUTES.map((n) => desk.make("option", { value: n })));
      label.append(desk.make("input", { name, type: "number", min: 1, max: MINUTES[3], value: MINUTES[1], required: true }), list);
      label.querySelector("input").setAttribute("list", "alert-minutes");
    } else label.append(desk.make("textarea", { name: "note", required: must, maxLength: 2000, rows: 3 }));
    return label;
  }

  /** Who has alerts now, and oneself: names that may be meant. */
  function people(bar) {
    const api = gridOf(bar);
    const found = new Set([bar.dataset.me]);
    if (api) api.forEachNode((node) => node.data.whose && found.add(node.data.whose));
    return Array.from(found);
  }

  // ---- doing it ----
  async function send(path, body) {
    try {
      const answer = await fetch(path, { method: "POST", headers: root.cockpitHeaders(), body: JSON.stringify(body) });
      return { ok: answer.ok, status: answer.status, told: await answer.json().catch(() => ({})) };
    } catch (error) {
      return { ok: false, status: 0, told: {} };
    }
  }

  async function run(name, card) {
    const bar = barOf();
    if (!bar || bar.cockpitBusy) return;
    const rows = card ? [said(card)] : chosen(bar);
    const act = turned(name, rows);
    const reason = why(bar, rows, act);
    if (reason) return say(bar, reason);
    const fits = rows.filter((row) => !refusal(bar, row, act));
    const given = await ask(bar, act, fits);
    if (given) await carryOut(bar, act, fits, given);
  }

  async function carryOut(bar, act, rows, given) {
    bar.cockpitBusy = true;
    const done = [];
    const refused = [];
    if (given.minutes) given.minutes = Number(given.minutes);
    for (let i = 0; i < rows.length; i += AT_ONCE) {
      const part = rows.slice(i, i + AT_ONCE);
      const answers = await Promise.all(part.map((row) => send(`/api/v1/alerts/${row.id}/acts`, { act, version: row.version, ...given })));
      answers.forEach((answer, k) => (answer.ok ? done : refused).push({ row: part[k], answer }));
    }
    bar.cockpitBusy = false;
    const what = text(bar, `alert.act.${act}`);
    if (refused.length) say(bar, await refusedWords(bar, what, done.length, refused));
    else say(bar, rows.length > 1 ? text(bar, "alert.said.done_many", { what, n: done.length }) : text(bar, "alert.said.done", { what, title: rows[0].what || "" }));
    tellPage();
  }

  async function refusedWords(bar, what, done, refused) {
    const { row, answer } = refused[0];
    const words = await reasonWords(bar, row.id, answer);
    if (refused.length === 1 && !done) return text(bar, "alert.said.refused", { what, why: words });
    return text(bar, "alert.said.some_refused", { what, n: done, m: refused.length, why: words });
  }

  /** Of a lost race: who was faster, and with what. */
  async function reasonWords(bar, id, { status, told }) {
    if (!status) return text(bar, "alert.said.not_sent");
    if (told.reason !== "changed") return told.reason ? text(bar, `alert.step.${told.reason}`) : told.message || String(status);
    try {
      const file = await (await fetch(`/api/v1/alerts/${id}`)).json();
      const last = file.history[file.history.length - 1];
      if (last && last.who) return text(bar, "alert.said.won", { who: last.who, what: text(bar, `packet.what.${last.what}`) });
    } catch (error) {
      console.warn("alerts: who was faster is not known", error);
    }
    return text(bar, "alert.step.changed");
  }

  function say(bar, words) {
    const place = document.getElementById("alerts-answer");
    if (place) place.textContent = words;
    if (!place || !place.getBoundingClientRect().height) desk.say(words);
  }

  /** The page reads anew what it does not hear of by itself. */
  function tellPage() {
    if (document.getElementById("alert-done")) root.dash_clientside.set_props("alert-done", { data: { n: ++told } });
    soon();
  }

  // ---- people ----
  desk.acts.set("alert", run);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-alert-act]");
    if (button && !button.disabled) run(button.dataset.alertAct, button.closest("[data-alert-card]"));
  });

  /** In the table the choice goes with the arrows; with shift it grows. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const bar = barOf();
    const api = gridOf(bar);
    if (!api || (event.target !== document.body && !event.target.closest(`#${CSS.escape(bar.dataset.of)} .ag-body, #${CSS.escape(bar.dataset.of)} .ag-row`))) return;
    if (event.target === document.body && api.getDisplayedRowCount()) {
      const node = api.getSelectedNodes()[0];
      api.setFocusedCell(node ? node.rowIndex : 0, api.getAllDisplayedColumns()[0]);
    }
    setTimeout(() => {
      const cell = api.getFocusedCell();
      const node = cell && api.getDisplayedRowAtIndex(cell.rowIndex);
      if (!node) return;
      node.setSelected(true, !event.shiftKey);
      if (!event.shiftKey) desk.selection.set({ kind: "alert", id: node.id }, { replace: true });
      soon();
    });
  });

  // ---- ages, and buttons as the rows change ----
  const functions = (root.dashAgGridFunctions = root.dashAgGridFunctions || {});
  functions.cockpitAge = (iso) => (iso ? root.cockpit.parts.page.ageText(Math.max(0, (root.cockpit.now() - Date.parse(iso)) / 1000)) : "");
  setInterval(() => {
    const api = gridOf(barOf()) || (document.querySelector(".alert-grid") && root.cockpit.parts.grid.apiOf(document.querySelector(".alert-grid").id));
    if (api) api.refreshCells({ columns: ["age"], force: true });
  }, 5000);

  function soon() {
    if (!due) due = setTimeout(() => ((due = 0), follow()), 60);
  }

  function follow() {
    const bar = barOf();
    const api = gridOf(bar);
    if (api && bar.cockpitApi !== api) {
      bar.cockpitApi = api;
      for (const event of ["selectionChanged", "rowDataUpdated", "modelUpdated"]) api.addEventListener(event, soon);
    }
    if (bar && bar.dataset.of && !api) setTimeout(soon, 200);
    show();
  }

  const watch = () => {
    new MutationObserver(() => barOf() && soon()).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-version", "data-no"] });
    soon();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
  else watch();
  root.cockpitAlerts = { ask, reasonWords, say, send, tellPage, text };
})(window);
