/**
 * What the sounding screen plays when. No clock, no page, no sound here: a step takes what is remembered, the plan
 * (components/sound.py), the mute and the time, and gives what to remember and what to play.
 *
 * New alerts sound once each; more than `flood_alerts` within `flood_seconds` become one tone and a number. Level I is
 * told apart from the others, so that no flood of lesser ones covers it, and sounds again until somebody acknowledges
 * it. A mute keeps the others back and tells their number when it ends; of level I it only puts off the next sounding.
 */
(function (root) {
  "use strict";
  const S = (root.cockpitSound = root.cockpitSound || {});

  /** Pulses of each level, [Hz, seconds] one after the other, 0 Hz = silence: more and higher the worse it is. */
  S.TONES = {
    1: [[988, 0.14], [0, 0.05], [784, 0.14], [0, 0.05], [988, 0.14], [0, 0.25], [988, 0.14], [0, 0.05], [784, 0.14], [0, 0.05], [988, 0.14]],
    2: [[740, 0.18], [0, 0.1], [740, 0.18], [0, 0.1], [740, 0.18]],
    3: [[523, 0.22], [0, 0.16], [523, 0.22]],
    4: [[392, 0.4]],
  };

  S.seconds = (level) => S.TONES[level].reduce((sum, [, seconds]) => sum + seconds, 0);

  /** Nothing remembered: what stands when a screen begins is not new, but for level I, which sounds at once. */
  S.begin = () => ({ begun: false, seen: {}, more: 0, rung: {}, kept: [], keptMore: 0, groups: { first: group(), rest: group() } });

  function group() {
    return { recent: [], waiting: 0, level: 4, counted: -1e12 };
  }

  /** What stands is no longer new, although nothing was played: sound was not possible yet. */
  S.settle = function (before, plan) {
    const memory = JSON.parse(JSON.stringify(before));
    if (!memory.begun) remember(memory, plan);
    return memory;
  };

  /**
   * One step.
   * @param {Object} before  what is remembered; stays as it is
   * @param {{calls: Array<{key: string, level: number, say: string}>, more: number, limits: Object}} plan
   * @param {{at: number, until: number}} mute  epoch seconds; until 0 = sound is on
   * @param {number} now  epoch seconds
   * @returns {{memory: Object, cues: Array<{kind: string, level: number, n: number, say: string, keys: Array<string>}>}}
   *   kind: `alert` (say it), `count` (n new ones), `again` (n of level I that nobody has acknowledged)
   */
  S.step = function (before, plan, mute, now) {
    const memory = JSON.parse(JSON.stringify(before));
    const { calls, limits } = plan;
    const muted = mute.until > now;
    const fresh = memory.begun ? calls.filter((call) => !memory.seen[call.key]) : [];
    const grown = memory.begun ? Math.max(0, plan.more - memory.more) : 0;
    const first = fresh.filter((call) => call.level === 1);
    let rest = fresh.filter((call) => call.level !== 1);
    let more = grown;
    remember(memory, plan);
    if (muted) {
      memory.kept.push(...rest.map((call) => call.key));
      memory.keptMore += grown;
      rest = [];
      more = 0;
    }
    const cues = [...told(memory.groups.first, first, 0, limits, now), ...again(memory, first, calls, limits, mute, now)];
    if (!muted) cues.push(...afterwards(memory, calls), ...told(memory.groups.rest, rest, more, limits, now));
    return { memory, cues };
  };

  /** What stands is no longer new; what no longer stands is forgotten, unless it may only have left the list. */
  function remember(memory, plan) {
    const standing = Object.fromEntries(plan.calls.map((call) => [call.key, 1]));
    memory.seen = plan.more ? { ...memory.seen, ...standing } : standing;
    for (const key of Object.keys(memory.rung)) if (!standing[key]) delete memory.rung[key];
    memory.more = plan.more;
    memory.begun = true;
  }

  /** New ones of a group: each by itself, or as a number once there are too many; a number not oftener than the window. */
  function told(group, fresh, more, limits, now) {
    const n = fresh.length + more;
    group.recent = group.recent.filter(([at]) => now - at < limits.flood_seconds);
    if (n) group.recent.push([now, n]);
    const lately = group.recent.reduce((sum, [, count]) => sum + count, 0);
    if (n && lately <= limits.flood_alerts && !group.waiting) return fresh.map(single);
    group.waiting += n;
    group.level = fresh.reduce((worst, call) => Math.min(worst, call.level), group.level);
    if (!group.waiting || now - group.counted < limits.flood_seconds) return [];
    const cue = { kind: "count", level: group.level, n: group.waiting, say: "", keys: [] };
    Object.assign(group, { waiting: 0, level: 4, counted: now });
    return [cue];
  }

  function single(call) {
    return { kind: "alert", level: call.level, n: 1, say: call.say, keys: [call.key] };
  }

  /** Level I that nobody has acknowledged: all of them together, as soon as one has been silent for long enough. */
  function again(memory, first, calls, limits, mute, now) {
    for (const call of first) memory.rung[call.key] = now;
    const standing = calls.filter((call) => call.level === 1);
    const off = mute.until > now ? mute.at : -1e12;
    const due = standing.some(({ key }) => now - Math.max(memory.rung[key] === undefined ? -1e12 : memory.rung[key], off) >= limits.re_sound_seconds);
    if (!due) return [];
    for (const { key } of standing) memory.rung[key] = now;
    const keys = standing.map((call) => call.key);
    return [{ kind: "again", level: 1, n: standing.length, say: standing.length === 1 ? standing[0].say : "", keys }];
  }

  /** What came while sound was off and still stands: its number. */
  function afterwards(memory, calls) {
    if (!memory.kept.length && !memory.keptMore) return [];
    const standing = calls.filter((call) => memory.kept.includes(call.key));
    const n = standing.length + memory.keptMore;
    memory.kept = [];
    memory.keptMore = 0;
    if (!n) return [];
    if (n === 1 && standing.length) return [single(standing[0])];
    return [{ kind: "count", level: standing.reduce((worst, call) => Math.min(worst, call.level), 4), n, say: "", keys: [] }];
  }
})(window);
