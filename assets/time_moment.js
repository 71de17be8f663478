/**
 * Pictures of a moment: frames from /api/v1/moment for every topic on the page.
 * One request at a time; an answer to a moment no longer wanted is thrown away; a failed one leaves
 * the last picture, says why, and is tried again when that can help.
 */
(function () {
  "use strict";

  const MOST_TOPICS = 60; // in one request, as the server allows
  const RETRY_MS = [2000, 4000, 8000, 15000];
  const COLUMNS = ["lon", "lat", "speed", "heading", "status", "seen", "recorded"];

  const live = window.cockpit;
  const { parts } = live;
  const unknown = new Set(); // topics the server refused by name
  let wish = null; // {at, known}
  let running = null; // the wish being fetched
  let retry = 0;
  let failures = 0;
  let shown = null;
  let oldest = null;
  let done = () => {};

  /**
   * Want a moment.
   * @param {{at: number, known: string, again: boolean}} asked  epoch ms; again: a new wish, not only
   *     topics that joined
   */
  function want(asked) {
    if (wish === null || asked.again) {
      wish = { at: Math.floor(asked.at / 1000) * 1000, known: asked.known }; // whole seconds: shared by screens
      failures = 0;
      clearTimeout(retry);
      retry = 0;
    }
    if (!running && !retry) run();
  }

  function missing() {
    const played = parts.timeTracks.played(); // these another part brings
    return parts.source.topics().filter((topic) => {
      if (unknown.has(topic) || played.includes(topic)) return false;
      const state = live.state(topic);
      return !state || state.source !== "moment" || state.at !== wish.at || state.known !== wish.known;
    });
  }

  async function run() {
    if (!wish) return;
    const topics = missing().slice(0, MOST_TOPICS);
    if (!topics.length) return;
    const mine = (running = wish);
    let answer = null;
    let error = null;
    try {
      answer = await fetchFrames(mine, topics);
    } catch (failure) {
      error = failure;
    }
    running = null;
    if (wish === null) return; // returned to live
    if (mine !== wish) return void run(); // stale
    if (error) return fail(error);
    failures = 0;
    take(mine, topics, answer);
    done(Object.values(answer.errors || {})[0] || null);
    run(); // topics that joined, or did not fit
  }

  async function fetchFrames(asked, topics) {
    const query = new URLSearchParams({ at: new Date(asked.at).toISOString(), known: asked.known, topics: topics.join(",") });
    const response = await fetch("/api/v1/moment?" + query, { cache: "no-store" }).catch(() => {
      throw { code: "network", again: true };
    });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer && answer.frames) return answer;
    throw { code: (answer && answer.error) || "refused", topic: answer && answer.topic, again: response.status >= 500 };
  }

  function fail(error) {
    if (error.topic) unknown.add(error.topic);
    if (error.again || error.topic) {
      const wait = error.topic ? 0 : RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
      retry = setTimeout(() => {
        retry = 0;
        run();
      }, wait);
    }
    done(error.code || "network");
  }

  function take(asked, topics, answer) {
    const played = parts.timeTracks.played(); // these moved on while the answer was on its way
    shown = asked.at;
    if (Number.isFinite(answer.oldest)) oldest = answer.oldest * 1000;
    const frames = new Map(answer.frames.map((frame) => [frame.t, frame]));
    for (const topic of topics) {
      if (played.includes(topic)) continue;
      const found = frames.get(topic);
      const nothing = !found || (found.k === "value" && !topic.startsWith("view:"));
      const frame = nothing ? empty(topic, (answer.errors || {})[topic] || "") : found;
      const state = parts.codec.apply(null, frame);
      state.source = "moment";
      state.at = asked.at;
      state.known = asked.known;
      parts.source.hand(topic, state);
    }
  }

  /** What a topic without a picture shows: nothing, rather than another moment's. */
  function empty(topic, error) {
    if (topic.startsWith("view:")) return { t: topic, s: 0, k: "value", full: { value: null, error } };
    if (topic !== "vehicles" && topic !== "vessels") return { t: topic, s: 0, k: "rows", full: { head: {}, rows: [] } };
    const columns = Object.fromEntries(COLUMNS.map((name) => [name, 0]));
    return { t: topic, s: 0, k: "columns", full: { head: { kind: topic }, ids: [], labels: [], ...columns } };
  }

  function stop() {
    wish = null;
    shown = null;
    unknown.clear();
    clearTimeout(retry);
    retry = 0;
  }

  parts.timeMoment = {
    start: (onDone) => (done = onDone),
    want,
    stop,
    /** @returns {boolean} whether something wanted is not here yet */
    loading: () => wish !== null && (running !== null || retry !== 0),
    /** @returns {boolean} whether an answer is on its way */
    asking: () => running !== null,
    shown: () => shown,
    oldest: () => oldest,
  };
})();
