// The service at a glance: what waits, what runs, how long it takes, what went wrong.
import { html } from "../vendor/htm-preact.js";
import { duration, number, t, when } from "../i18n.js";
import { Chart } from "./Chart.js";

/** `overview`: GET /v1/operator/overview. `samples`: of operator/history.js. */
export function Overview({ overview, samples }) {
  const { pending, latency = {}, throughput = {} } = overview;
  const along = (name) => samples.map((sample) => ({ at: sample.at, value: sample[name] }));
  const count = (value) => number(value);
  const rate = (value) => number(value ?? 0, 1);
  return html`
    <section aria-label=${t("operator.overview")} class="tiles">
      <${Tile} name="pending" value=${count(pending.interactive + pending.bulk)} points=${along("pending")} shown=${count}
        more=${t("operator.lanes", { interactive: pending.interactive, bulk: pending.bulk })} />
      <${Tile} name="running" value=${count(overview.running)} points=${along("running")} shown=${count} more=${t("operator.delayed", { n: overview.delayed ?? 0 })} />
      <${Tile} name="perMinute" value=${rate(throughput.jobs_per_minute)} points=${along("perMinute")} shown=${rate}
        more=${t("operator.oldest", { age: overview.oldest_pending_s == null ? "–" : duration(overview.oldest_pending_s) })} />
      <${Tile} name="p95" value=${seconds(latency.total_s?.p95)} points=${along("p95")} shown=${seconds}
        more=${t("operator.p50", { p50: seconds(latency.total_s?.p50) })} />
      <${Tile} name="dead" value=${count(overview.dead)} bad=${overview.dead > 0} more=${t("operator.workersCount", { n: overview.workers })} />
      <${Tile} name="redis" value="${number(overview.redis?.used_mb ?? 0, 1)} MB" bad=${!!overview.redis?.lost_at} more=${redis(overview)} />
    </section>
    <${Latencies} latency=${latency} />`;
}

function Tile({ name, value, more, points, shown, bad }) {
  const label = t(`operator.tile.${name}`);
  return html`
    <div class="card tile" data-tile=${name} data-bad=${String(!!bad)}><h3>${label}</h3><p class="tile-value">${value}</p>
      ${points && html`<${Chart} points=${points} shown=${shown} label=${label} />`}<p class="faint small">${more}</p></div>`;
}

function redis({ redis: server = {}, open_batches: batches = 0 }) {
  const most = server.max_mb ? t("operator.redisOf", { most: number(server.max_mb), version: server.version }) : t("operator.redisVersion", { version: server.version ?? "–" });
  const lost = server.lost_at ? `${t("operator.lost", { at: when(server.lost_at) })} · ` : "";
  return `${lost}${most} · ${t("operator.batches", { n: batches })}`;
}

function Latencies({ latency }) {
  if (!latency.jobs) return html`<p class="faint">${t("operator.noLatency")}</p>`;
  const rows = ["wait_s", "run_s", "total_s"];
  return html`
    <div class="table-wrap" tabindex="0" role="region" aria-label=${t("operator.latency", { n: latency.jobs })}><table>
      <caption>${t("operator.latency", { n: latency.jobs })}</caption>
      <thead><tr><th scope="col">${t("operator.phase")}</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row}><th scope="row">${t(`operator.${row}`)}</th>
        <td class="number">${seconds(latency[row]?.p50)}</td><td class="number">${seconds(latency[row]?.p95)}</td></tr>`)}</tbody></table></div>`;
}

/** 0.4 s, 12 s, 2 min 5 s. */
export function seconds(value) {
  if (value == null) return "–";
  return value < 10 ? t("operator.seconds", { s: number(value, 2) }) : duration(value);
}
