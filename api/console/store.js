// Small observable values. A component reads one with useSignal; anything else subscribes.
import { useEffect, useState } from "./vendor/htm-preact.js";

/** @returns {{value: any, set(next: any): void, update(change: (old: any) => any): void, subscribe(f: Function): Function}} */
export function signal(initial) {
  let value = initial;
  const listeners = new Set();
  const set = (next) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener(value);
  };
  return {
    get value() { return value; },
    set,
    update: (change) => set(change(value)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The signal's value; the component renders again when it changes. */
export function useSignal(source) {
  const [, redraw] = useState(0);
  useEffect(() => {
    redraw((n) => n + 1); // it may have changed between render and effect
    return source.subscribe(() => redraw((n) => n + 1));
  }, [source]);
  return source.value;
}

/** A signal that outlives the tab, under `packshot.<name>` in the browser's storage. */
export function kept(name, initial, storage = safeStorage("localStorage")) {
  const key = `packshot.${name}`;
  const made = signal(read(storage, key) ?? initial);
  made.subscribe((value) => write(storage, key, value));
  return made;
}

/** localStorage or sessionStorage; null where the browser refuses it. */
export function safeStorage(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

function read(storage, key) {
  try {
    const text = storage?.getItem(key);
    return text == null ? undefined : parsed(text);
  } catch {
    return undefined;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text; // plain words, such as the theme that boot.js reads
  }
}

function write(storage, key, value) {
  try {
    if (value == null) storage?.removeItem(key);
    else storage?.setItem(key, typeof value === "string" ? value : JSON.stringify(value));
  } catch {
    // full or forbidden: the value lives as long as the tab
  }
}
