// Draws the charts of the page with uPlot, and again when htmx brings new figures. The table below each has
// the same numbers; without this script a still line stays.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const axis = () => ({ stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 } });
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

const wholes = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
const week = 7 * 86_400;

const dayShape = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

const days = (box) => {
  const [dates, tickets, minor] = read("series-days");
  const money = new Intl.NumberFormat(undefined, { style: "currency", currency: box.dataset.currency });
  const places = money.resolvedOptions().maximumFractionDigits;
  const data = [dates.map((day) => Date.parse(`${day}T12:00:00Z`) / 1000), tickets, minor.map((each) => each / 10 ** places)];
  return [{
    // A single day stands in the middle of a fortnight, not of years.
    scales: { x: { range: (chart, least, most) => (dates.length === 1 ? [least - week, least + week] : [least, most]) }, money: { range: (chart, least, most) => [Math.min(0, least), most || 1] }, y: { range: (chart, least, most) => [Math.min(0, least), most || 1] } },
    axes: [{ ...axis(), space: 70, incrs: [1, 2, 5, 7, 14, 28, 56, 91, 182, 364].map((day) => day * 86_400), values: (chart, moments) => moments.map((at) => dayShape.format(new Date(at * 1000))) }, { ...axis(), size: 56, incrs: wholes }, { ...axis(), scale: "money", side: 1, size: 70, grid: { show: false } }],
    series: [
      { value: (chart, at) => (at == null ? "–" : new Date(at * 1000).toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" })), label: "Day" },
      { label: "Tickets", stroke: css("--accent"), width: 2, fill: `${css("--accent")}22`, points: { show: dates.length < 40 } },
      { label: "Sales", stroke: css("--ok"), width: 1.5, dash: [6, 4], scale: "money", points: { show: false }, value: (chart, value) => (value == null ? "–" : money.format(value)) },
    ],
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
  }, data];
};

// Both events over the same days before their start, from the first sale of either to its day.
const pace = (box) => {
  const all = read("series-pace");
  const [mine, theirs] = box.dataset.names.split("|");
  const first = Math.max(...all.flat().map(([before]) => before));
  const last = Math.min(...all.flat().map(([before]) => before), 0);
  const before = Array.from({ length: first - last + 1 }, (_, n) => n - first);
  const line = (pace, open) => {
    const end = open ? Math.min(...pace.map(([day]) => day)) : last;
    let so_far = null, at = 0;
    return before.map((day) => {
      while (at < pace.length && pace[at][0] >= -day) so_far = pace[at++][1];
      return -day < end ? null : so_far;
    });
  };
  return [{
    scales: { x: { time: false } },
    axes: [{ ...axis(), values: (chart, ticks) => ticks.map((day) => (Number.isInteger(day) ? -day : "")), label: "Days before the start", labelSize: 22 }, { ...axis(), size: 56 }],
    series: [
      { label: "Days before the start", value: (chart, day) => (day == null ? "–" : -day) },
      { label: mine, stroke: css("--accent"), width: 2 },
      { label: theirs, stroke: css("--soft"), width: 1.5, dash: [6, 4] },
    ],
  }, [before, line(all[0], true), line(all[1], false)]];
};

const draw = (box) => {
  if (!window.uPlot) return;
  const [options, data] = { days, pace }[box.dataset.chart](box);
  box.querySelector(".uplot")?.remove();
  box.classList.add("drawn");
  const size = () => ({ width: Math.max(200, box.clientWidth), height: 220 });
  const chart = new uPlot({ ...options, ...size() }, data, box);
  new ResizeObserver(() => chart.setSize(size())).observe(box);
};
const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

document.body.addEventListener("htmx:afterSwap", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
drawAll();
