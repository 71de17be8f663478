/**
 * On the page of one alert: ticking off its plan (`data-alert-step`) and ordering agencies (`data-order-new`,
 * `data-order-act`, also on the page of all orders). What is missing is asked for; the store decides, and the page is drawn anew.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const AGENCIES = ["customs", "border", "maritime", "port"];
  const alerts = () => root.cockpitAlerts;
  const barOf = () => document.querySelector("[data-alert-acts]");
  const text = (key, params) => alerts().text(barOf(), key, params);

  async function step(button) {
    const bar = barOf();
    if (!bar) return;
    const done = button.dataset.done !== "true";
    const body = { act: "step", version: Number(bar.dataset.version), n: Number(button.dataset.alertStep), done };
    await finish(await alerts().send(`/api/v1/alerts/${bar.dataset.id}/acts`, body), text("alert.act.step"));
  }

  async function finish(answer, what) {
    const bar = barOf();
    if (answer.ok) alerts().say(bar, text("alert.said.done", { what, title: "" }));
    else alerts().say(bar, text("alert.said.refused", { what, why: await reason(bar, answer) }));
    alerts().tellPage();
  }

  /** Of an order that was moved on by somebody else: who. */
  function reason(bar, answer) {
    const order = answer.told.order;
    if (!order || answer.told.reason !== "changed") {
      const key = `dispatch.refused.${answer.told.reason}`;
      return text(key) === key ? alerts().reasonWords(bar, bar.dataset.id, answer) : text(key);
    }
    const last = order.steps[order.steps.length - 1];
    return text("alert.said.won", { who: last.who, what: text(`dispatch.state.${last.to}`) });
  }

  /** A form in a dialog; gives its fields, or null when it was left. */
  function ask(title, fields) {
    return new Promise((resolve) => {
      const box = desk.dialog("alert", title);
      if (!box) return resolve(null);
      let given = null;
      const form = desk.make("form", { className: "act-form", method: "dialog" }, ...fields, desk.make("button", { type: "submit", className: "act", text: title }));
      form.addEventListener("submit", () => (given = Object.fromEntries(new FormData(form))));
      box.addEventListener("close", () => resolve(given));
      box.append(form);
      form.querySelector("select, textarea").focus();
    });
  }

  const words = (key, must) => desk.make("label", {}, desk.make("span", { text: text(key) }), desk.make("textarea", { name: "note", required: must, maxLength: 2000, rows: 3 }));

  async function order() {
    const bar = barOf();
    const button = document.querySelector("[data-order-new]");
    if (!bar || !button || button.disabled) return;
    const options = AGENCIES.map((code) => desk.make("option", { value: code, text: text(`agency.${code}`) }));
    const agency = desk.make("label", {}, desk.make("span", { text: text("alert.ask.agency") }), desk.make("select", { name: "agency" }, ...options));
    const given = await ask(text("dispatch.new"), [agency, words("dispatch.task", false)]);
    if (!given) return;
    const request_key = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
    const body = { agency: given.agency, task: given.note, request_key };
    await finish(await alerts().send(`/api/v1/alerts/${bar.dataset.id}/orders`, body), text("dispatch.new"));
  }

  async function move(button) {
    const { orderAct: act, order: id, version, says } = button.dataset;
    const what = text(`dispatch.act.${act}`);
    const given = says === "true" ? await ask(what, [words(act === "feedback" ? "dispatch.came_of_it" : "alert.ask.why", true)]) : {};
    if (!given) return;
    await finish(await alerts().send(`/api/v1/orders/${id}/acts`, { act, version: Number(version), note: given.note || "" }), what);
  }

  const run = desk.acts.get("alert");
  desk.acts.set("alert", (act) => (act === "order" ? order() : run(act)));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-alert-step], [data-order-new], [data-order-act]");
    if (!button || button.disabled) return;
    if (button.dataset.alertStep) step(button);
    else if (button.dataset.orderAct) move(button);
    else order();
  });
})(window);
