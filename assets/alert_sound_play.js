/**
 * Tones and voice: what is queued is played one after the other, level I first. Tones are made here, nothing is fetched;
 * where the browser has no voice of the language the tones go alone.
 */
(function (root) {
  "use strict";
  const S = (root.cockpitSound = root.cockpitSound || {});
  const LOUD = 0.5; // of full scale
  const EDGE_SECONDS = 0.012; // a pulse swells and fades so long: a square edge clicks
  const AFTER_MS = 250;
  const VOICE_MS = 12_000; // a voice that never says it has ended
  let context = null;
  let queue = [];
  let playing = false;

  /** Ask the browser for sound: `ready`, `blocked` until somebody touches the page, or `none`. */
  S.state = function () {
    const Made = root.AudioContext || root.webkitAudioContext;
    if (!Made) return "none";
    if (!context) context = new Made();
    if (context.state !== "running") context.resume().catch(() => {});
    return context.state === "running" ? "ready" : "blocked";
  };

  /** Give the loudspeaker back. */
  S.silence = function () {
    queue = [];
    if (root.speechSynthesis) root.speechSynthesis.cancel();
    if (context) context.close().catch(() => {});
    context = null;
  };

  /** Leave out what waits and is not wanted any more. */
  S.drop = function (wanted) {
    queue = queue.filter((one) => wanted(one.cue));
  };

  /**
   * Play a tone, then say the words.
   * @param {{level: number, kind: string}} cue
   * @param {string} words  "" = the tone alone
   * @param {string} voice  language of the words, e.g. zh
   */
  S.play = function (cue, words, voice) {
    queue.push({ cue, words, voice });
    queue.sort((a, b) => (a.cue.level === 1 ? 0 : 1) - (b.cue.level === 1 ? 0 : 1)); // stable: else as they came
    if (cue.level === 1 && root.speechSynthesis) root.speechSynthesis.cancel(); // what is being said gives way
    run();
  };

  async function run() {
    if (playing) return;
    playing = true;
    while (queue.length && context) {
      const { cue, words, voice } = queue.shift();
      tone(cue.level);
      await pause(S.seconds(cue.level) * 1000 + AFTER_MS);
      if (words) await say(words, voice);
    }
    playing = false;
  }

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  function tone(level) {
    let at = context.currentTime + 0.03;
    for (const [hertz, seconds] of S.TONES[level]) {
      if (hertz) pulse(hertz, at, at + seconds);
      at += seconds;
    }
  }

  function pulse(hertz, from, to) {
    const source = context.createOscillator();
    const gain = context.createGain();
    source.type = "triangle"; // overtones: heard through a fan, and with small loudspeakers
    source.frequency.value = hertz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LOUD, from + EDGE_SECONDS);
    gain.gain.setValueAtTime(LOUD, to - EDGE_SECONDS);
    gain.gain.linearRampToValueAtTime(0, to);
    source.connect(gain).connect(context.destination);
    source.start(from);
    source.stop(to);
  }

  function say(words, lang) {
    const { speechSynthesis } = root;
    const voice = speechSynthesis && speechSynthesis.getVoices().find((one) => one.lang.toLowerCase().startsWith(lang));
    if (!voice) return Promise.resolve();
    const said = new root.SpeechSynthesisUtterance(words);
    Object.assign(said, { voice, lang: voice.lang });
    return new Promise((done) => {
      said.onend = said.onerror = done;
      setTimeout(done, VOICE_MS);
      speechSynthesis.speak(said);
    });
  }
})(window);
