// A check-in list's rule, judged as scanning/rules.py does: proven by docs/gate-rule-vectors.json.
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2000, 0, 1);
const clocks = new Map(); // formatters by zone: making one takes longer than judging

const clockOf = (zone) => {
  if (!clocks.has(zone)) {
    const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
    clocks.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", calendar: "iso8601", ...parts }));
  }
  return clocks.get(zone);
};

/** The venue's clock at a moment, as if it were UTC; in ms. */
const wallClock = (moment, zone) => {
  const parts = Object.fromEntries(clockOf(zone).formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
};

/** Which count a moment (ms) belongs to: 0 per event, else the venue's day in days since 2000-01-01. */
export const periodOf = (rule, moment, zone) => {
  if (rule.per !== "day") return 0;
  const [hours, minutes] = (rule.day_starts ?? "00:00").split(":").map(Number);
  return Math.floor((wallClock(moment, zone) - (hours * 60 + minutes) * 60_000 - FIRST_DAY) / DAY_MS);
};

const open = (window, moment, type) =>
  (!window.from || Date.parse(window.from) <= moment) &&
  (!window.until || moment < Date.parse(window.until)) &&
  (!window.types || type === null || window.types.includes(type));

const inTime = (rule, moment, type) => !rule.windows?.length || rule.windows.some((window) => open(window, moment, type));

/** {verdict, state} for a ticket of this type at this list. `state`: {entries, inside} of the moment's period;
 *  `types`: what the list accepts, null for all; `type`: null where only the signature is known. */
export const judge = ({ rule, types, type, direction, moment, state }) => {
  const refuse = (verdict) => ({ verdict, state });
  if (types && type !== null && !types.includes(type)) return refuse("wrong_list");
  if (direction === "out") {
    return state.inside ? { verdict: "exited", state: { ...state, inside: false } } : refuse("not_inside");
  }
  if (!inTime(rule, moment, type)) return refuse("wrong_time");
  if (rule.exits && state.inside) return refuse("already_admitted");
  const { entries: limit = 1 } = rule; // null: no limit
  if (limit !== null && state.entries >= limit) return refuse("already_admitted");
  return { verdict: "admitted", state: { entries: state.entries + 1, inside: Boolean(rule.exits) } };
};
