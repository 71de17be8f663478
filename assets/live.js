/**
 * Live pictures in the browser: one websocket per tab, topics by what is on the page.
 *
 * This file holds the subscriptions and the public face, `window.cockpit`. Its parts are
 * live_codec.js (frames into states), live_grid.js (tables), live_link.js (connection) and
 * live_page.js (elements, ages). time*.js is a second source of frames: another moment.
 * Assets load in the order of their names, this file first; it starts when the page is parsed.
 * Protocol: docs/live-protocol.md.
 */
(function () {
  "use strict";
  if (window.cockpit && window.cockpit.subscribe) return; // palette.js may have been here

  const HIDDEN_SECONDS = 5; // a hidden tab goes quiet after this
  const FORGET_SECONDS = 5; // a state nobody uses is kept this long (page changes re-subscribe)
  const ALWAYS_LIVE = /^(clock|notices|screens|view:shell-sound@.*)$/; // go on while the screen shows another moment

  /**
   * @typedef {Object} Entry  One topic this tab knows.
   * @property {Set<function(Object): void>} readers
   * @property {Object|null} state  null before the first snapshot
   * @property {string|null} epoch  life of the server that made the state
   * @property {boolean} asked  the server was asked for it on this connection
   * @property {boolean} whole  only a snapshot will do; deltas on their way are passed over
   * @property {number} forgetAt  epoch ms after which an unused entry is dropped, 0 while used
   */

  /** @type {Map<string, Entry>} */
  const topics = new Map();
  const refused = new Set(); // topics the server does not know
  const parts = { source: { divert, topics: otherTopics, hand } };
  let link = null;
  let knownEpoch = null;
  let other = null; // the source of another moment, while one is on screen
  let flushTimer = 0;
  let quiet = false;
  let quietTimer = 0;
  let version = ""; // of what the server would have us run

  /**
   * Follow a topic.
   * @param {string} topic
   * @param {function(Object): void} reader  called with the state now (if there is one) and after every change
   * @returns {function(): void} stop
   */
  function subscribe(topic, reader) {
    let entry = topics.get(topic);
    if (!entry) topics.set(topic, (entry = fresh()));
    entry.readers.add(reader);
    entry.forgetAt = 0;
    flushSoon();
    if (entry.state) tell(reader, entry.state);
    return function () {
      entry.readers.delete(reader);
      if (!entry.readers.size) entry.forgetAt = Date.now() + FORGET_SECONDS * 1000;
    };
  }

  function fresh() {
    return { readers: new Set(), state: null, epoch: null, asked: false, whole: false, forgetAt: 0 };
  }

  function tell(reader, state) {
    try {
      reader(state);
    } catch (error) {
      console.error("live: a reader failed", error);
    }
  }

  /** Send what changed in the wishes, once per turn for all of them. */
  function flushSoon() {
    if (!flushTimer) flushTimer = setTimeout(flush, 20);
  }

  function flush() {
    flushTimer = 0;
    if (other) other.wanted();
    if (!link || !link.open() || quiet) return;
    const wanted = {};
    for (const [topic, entry] of topics) {
      if (entry.asked || !entry.readers.size || refused.has(topic) || isOther(topic)) continue;
      entry.asked = true;
      entry.whole = !entry.state || entry.epoch !== link.epoch();
      wanted[topic] = entry.whole ? null : [entry.epoch, entry.state.seq];
    }
    if (Object.keys(wanted).length) link.send({ op: "sub", topics: wanted });
  }

  /** Drop topics nobody reads any more: the server stops sending, the memory is freed. */
  function sweep() {
    const now = Date.now();
    const gone = [];
    for (const [topic, entry] of topics) {
      if (!entry.forgetAt || now < entry.forgetAt) continue;
      if (entry.asked) gone.push(topic);
      topics.delete(topic);
    }
    if (gone.length && link.open()) link.send({ op: "unsub", topics: gone });
  }

  /** A connection stands: ask for everything, from where we stopped. */
  function onOpen(hello) {
    if (hello.epoch !== knownEpoch) refused.clear(); // another server may know them
    knownEpoch = hello.epoch;
    for (const entry of topics.values()) entry.asked = false;
    flush(); // states of an older epoch are asked for anew; they stay on screen until then
    version = hello.version;
    parts.page.versionSeen(hello.version);
  }

  /** One frame of a topic. */
  function onFrame(frame) {
    const entry = topics.get(frame.t);
    if (!entry || !entry.asked) return; // on its way when we left
    if (entry.whole && frame.full === undefined) return;
    const state = parts.codec.apply(entry.state, frame);
    if (!state) {
      // The frame does not follow what we have: never apply a part, ask for the whole.
      entry.whole = true;
      link.send({ op: "sub", topics: { [frame.t]: null } });
      return;
    }
    entry.whole = false;
    entry.state = state;
    entry.epoch = link.epoch();
    for (const reader of entry.readers) tell(reader, state);
  }

  /** Topics to ask for over http, with the place each stands at. */
  function wantedByHttp() {
    const wanted = {};
    if (quiet) return wanted;
    for (const [topic, entry] of topics) {
      if (!entry.readers.size || refused.has(topic) || isOther(topic)) continue;
      wanted[topic] = entry.state && entry.epoch ? entry.epoch + ":" + entry.state.seq : "";
    }
    return wanted;
  }

  /** Frames that came over http: the same, but nothing was subscribed to. */
  function onPolled(answer) {
    if (answer.epoch !== knownEpoch) refused.clear();
    knownEpoch = answer.epoch;
    for (const topic of answer.unknown) refused.add(topic);
    for (const frame of answer.frames) {
      const entry = topics.get(frame.t);
      if (!entry || !entry.readers.size || isOther(frame.t)) continue;
      const state = parts.codec.apply(entry.state, frame);
      entry.epoch = state ? answer.epoch : null; // does not follow what we have: the whole is asked for next time
      if (!state) continue;
      entry.state = state;
      for (const reader of entry.readers) tell(reader, state);
    }
    parts.page.versionSeen(answer.version);
  }

  function onRefused(reason) {
    const topic = /^unknown topic (.+)$/.exec(reason || "");
    if (topic) refused.add(topic[1]);
    console.error("live: refused by the server:", reason);
  }

  // ---- the second source: frames of another moment, through the same decoders and readers ----
  function isOther(topic) {
    return other !== null && !ALWAYS_LIVE.test(topic);
  }

  /**
   * Take everything but the clock and the notices from another source; null returns to live.
   * What is on screen stays until the new source brings its own.
   * @param {{now: function(): number, wanted: function(): void}|null} source  its time in epoch ms;
   *     `wanted` is called when topics joined
   */
  function divert(source) {
    const turned = (other === null) !== (source === null);
    other = source;
    if (!turned) return;
    const left = [];
    for (const [topic, entry] of topics) {
      if (ALWAYS_LIVE.test(topic)) continue;
      if (entry.asked) left.push(topic);
      entry.asked = false;
      entry.epoch = null; // belongs to the source we leave: the other is asked for the whole
    }
    if (left.length && link && link.open()) link.send({ op: "unsub", topics: left });
    flushSoon();
  }

  /** Topics with readers that the second source has to bring. */
  function otherTopics() {
    const wanted = [];
    for (const [topic, entry] of topics) if (entry.readers.size && isOther(topic) && !refused.has(topic)) wanted.push(topic);
    return wanted;
  }

  /**
   * A state of the second source.
   * @param {string} topic
   * @param {Object} state  as the codec makes them, with `source` and `at` (epoch ms)
   */
  function hand(topic, state) {
    const entry = topics.get(topic);
    if (!entry || !isOther(topic)) return; // returned to live, or left, while it was on its way
    const before = entry.state;
    if (before && before.kind === "value" && parts.codec.same(before.value, state.value)) state.value = before.value; // drawn alike: not drawn again
    entry.state = state;
    for (const reader of entry.readers) tell(reader, state);
  }

  function onVisibility() {
    clearTimeout(quietTimer);
    if (document.visibilityState === "hidden") {
      quietTimer = setTimeout(goQuiet, HIDDEN_SECONDS * 1000);
    } else if (quiet) {
      quiet = false;
      flush();
    }
  }

  function goQuiet() {
    if (parts.sound && parts.sound.state()) return; // the tab that sounds alerts does not fall asleep
    quiet = true;
    const asked = [];
    for (const [topic, entry] of topics) {
      if (entry.asked) asked.push(topic);
      entry.asked = false;
    }
    if (asked.length && link.open()) link.send({ op: "unsub", topics: asked });
  }

  function start() {
    link = parts.link.connect({ onOpen, onFrame, onRefused, onEnded: parts.page.reloadOnceServed, onState: parts.page.showConnection, wanted: wantedByHttp, onPolled });
    parts.page.start(subscribe);
    document.addEventListener("visibilitychange", onVisibility);
    setInterval(sweep, 1000);
    onVisibility();
  }

  window.cockpit = {
    subscribe,
    /** Epoch milliseconds of what is on screen: server time, right on a PC whose clock is wrong, or the moment shown. */
    now: () => (other ? other.now() : parts.link.now() * 1000),
    /** The same, whatever moment is on screen. */
    serverNow: () => parts.link.now() * 1000,
    /** State of a topic this tab follows, or null. */
    state: (topic) => (topics.get(topic) || { state: null }).state,
    /** Hash of that state, to hold against the server's hub.state_hash(topic); "" without one. */
    hash: (topic) => {
      const entry = topics.get(topic);
      return entry && entry.state ? parts.codec.hash(entry.state) : "";
    },
    get topics() {
      return Array.from(topics.keys());
    },
    get connection() {
      return link ? link.state() : "connecting";
    },
    get version() {
      return version;
    },
    get language() {
      return parts.page.language();
    },
    /** Set before us when palette.js stands in the head. */
    palette: (window.cockpit || {}).palette,
    parts,
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else setTimeout(start, 0);
})();
