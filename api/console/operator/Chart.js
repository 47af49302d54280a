// A small line over time, drawn as SVG by ourselves: no axes but its highest value, no library.
import { html } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";

const [WIDTH, HEIGHT, EDGE] = [200, 44, 3];

/** `points`: [{at (ms), value (number | null)}], the oldest first. `shown(value)`: the value in words. `label`: what it is. */
export function Chart({ points, shown, label }) {
  const known = points.filter(({ value }) => value != null);
  if (known.length < 2) return html`<div class="chart" aria-hidden="true"></div>`;
  const most = Math.max(...known.map(({ value }) => value));
  const last = known.at(-1);
  const minutes = Math.max(1, Math.round((last.at - known[0].at) / 60_000));
  const told = t("operator.chart", { label, n: minutes, last: shown(last.value), most: shown(most) });
  const place = ({ at, value }) => [
    EDGE + ((at - known[0].at) / Math.max(1, last.at - known[0].at)) * (WIDTH - 2 * EDGE),
    HEIGHT - EDGE - (most ? value / most : 0) * (HEIGHT - 2 * EDGE),
  ];
  const line = known.map((point) => place(point).map((number) => number.toFixed(1)).join(",")).join(" ");
  const [x, y] = place(last);
  return html`
    <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${told}><title>${told}</title>
      <polygon points="${EDGE},${HEIGHT - EDGE} ${line} ${x.toFixed(1)},${HEIGHT - EDGE}" class="chart-area" />
      <polyline points=${line} class="chart-line" vector-effect="non-scaling-stroke" /><circle cx=${x} cy=${y} r="2.5" class="chart-end" /></svg>`;
}
