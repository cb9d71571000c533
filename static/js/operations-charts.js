// Draws each chart over its own data; without the library, or without a script at all, the tables stand.
const read = (name) => JSON.parse(document.getElementById(name).textContent);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function marks(deploys) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour("--warn");
    ctx.setLineDash([4, 4]);
    for (const at of deploys) {
      const x = plot.valToPos(at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

const hours = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });

function draw(box, deploys) {
  const { times, lines, unit } = read(box.dataset.chart);
  const shape = times.at(-1) - times[0] > 172800 ? days : hours;
  const ink = ["--accent", "--warn", "--bad"].map(colour);
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const options = {
    width: box.clientWidth,
    height: 200,
    series: [{ label: "UTC", value: (_, at) => (at ? `${days.format(new Date(at * 1000))}, ${hours.format(new Date(at * 1000))}` : "–") }, ...lines.map(({ label }, at) => ({ label: unit ? `${label} (${unit})` : label, stroke: ink[at], width: 1.5, spanGaps: false }))],
    axes: [{ ...axis, values: (_, moments) => moments.map((at) => shape.format(new Date(at * 1000))) }, { ...axis, size: 56 }],
    scales: { y: { range: (_, low, high) => [0, (high ?? 0) * 1.1 || 1] } },
    hooks: { draw: [marks(deploys)] },
  };
  const plot = new window.uPlot(options, [times, ...lines.map((line) => line.values)], box);
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 200 })).observe(box);
}

if (window.uPlot) {
  const deploys = read("deploys");
  for (const box of document.querySelectorAll("[data-chart]")) draw(box, deploys);
}
