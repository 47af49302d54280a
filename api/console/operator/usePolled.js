// Asks again and again, politely: not while nobody looks, slower after a refusal, never twice at once.
import { useEffect, useRef, useState } from "../vendor/htm-preact.js";

const MOST_S = 60;

/**
 * What `ask(signal)` answers, every `everyS` seconds: {value, problem, at, refresh()}. The last value stays while the
 * server refuses; `everyS` 0 asks only once and at `refresh`.
 */
export function usePolled(ask, everyS, depends = []) {
  const [state, setState] = useState({ value: null, problem: null, at: null });
  const again = useRef(() => {});
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const stop = new AbortController();
    let timer = null;
    let pauseS = everyS;
    const look = async () => {
      clearTimeout(timer);
      try {
        const value = await latest.current(stop.signal);
        if (stop.signal.aborted) return;
        setState({ value, problem: null, at: Date.now() });
        pauseS = everyS;
      } catch (problem) {
        if (stop.signal.aborted) return;
        setState((old) => ({ ...old, problem }));
        pauseS = Math.min(MOST_S, Math.max(problem.retryAfterS ?? 0, pauseS * 2));
      }
      if (everyS) timer = setTimeout(whenSeen, pauseS * 1000);
    };
    const whenSeen = () => (document.hidden ? null : look());
    const shown = () => !document.hidden && everyS && look();
    document.addEventListener("visibilitychange", shown);
    again.current = look;
    look();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [everyS, ...depends]);
  return { ...state, refresh: () => again.current() };
}
