// Times as people at the venue read them.
const formats = new Map();

const formatOf = (zone, options) => {
  const name = zone + JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }));
  return formats.get(name);
};

/** "20:14:05", with the day when it isn't today's. */
export const timeText = (moment, zone) => {
  const day = formatOf(zone, { day: "numeric", month: "short" });
  const time = formatOf(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(moment);
  return day.format(moment) === day.format(Date.now()) ? time : `${day.format(moment)}, ${time}`;
};

/** "12 s", "3 min", "2 h". */
export const ageText = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
};
