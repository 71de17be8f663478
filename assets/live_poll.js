/**
 * Live pictures without a websocket: the newest frames are asked for over http, every few seconds, for as long as no
 * websocket comes through. docs/live-protocol.md, "Without a websocket".
 */
(function () {
  "use strict";

  const EVERY_SECONDS = 3;
  const PATIENCE_MS = 8000;

  /**
   * @param {{wanted: function(): Object, onAnswer: function(Object), onFailed: function(), onEnded: function()}} on
   *     `wanted` gives the topics with the place they stand at ("epoch:seq" or ""); an empty object rests
   */
  function start(on) {
    let timer = 0;
    let asking = null;

    async function ask() {
      const wanted = on.wanted();
      const topics = Object.keys(wanted);
      let every = EVERY_SECONDS;
      if (topics.length) {
        const mine = (asking = new AbortController());
        const patience = setTimeout(() => mine.abort(), PATIENCE_MS);
        try {
          const query = new URLSearchParams({ topics: topics.join(","), since: Object.values(wanted).join(",") });
          const reply = await fetch("/api/v1/topics?" + query, { cache: "no-store", signal: mine.signal });
          if (reply.status === 401) on.onEnded(); // logged out
          if (!reply.ok) throw new Error(String(reply.status));
          const answer = await reply.json();
          every = answer.every || every;
          if (timer) on.onAnswer(answer);
        } catch (error) {
          if (timer) on.onFailed();
        } finally {
          clearTimeout(patience);
        }
      }
      if (timer) timer = setTimeout(ask, every * 1000);
    }

    return {
      running: () => timer !== 0,
      go: () => {
        if (!timer) timer = setTimeout(ask, 0);
      },
      stop: () => {
        clearTimeout(timer);
        timer = 0;
        if (asking) asking.abort();
      },
    };
  }

  window.cockpit.parts.poll = { start };
})();
