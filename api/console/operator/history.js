// The last minutes of what the operator's page was told, for its charts; it lives as long as the tab.
const MOST = 240; // samples: twenty minutes at one every five seconds

const samples = [];

/** Keep an overview's numbers; answers all that are kept, the oldest first. */
export function keep(overview, at) {
  if (samples.at(-1)?.at === at) return samples;
  samples.push({
    at,
    pending: overview.pending.interactive + overview.pending.bulk,
    running: overview.running,
    perMinute: overview.throughput?.jobs_per_minute ?? 0,
    p95: overview.latency?.total_s?.p95 ?? null,
  });
  if (samples.length > MOST) samples.shift();
  return samples;
}
