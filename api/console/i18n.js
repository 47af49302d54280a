// Words in the reader's language: t("jobs.count", {n: 3}). A text in two forms, {one, other}, is chosen by `n`.
import { en } from "./i18n/en.js";
import { zh } from "./i18n/zh.js";
import { kept, useSignal } from "./store.js";

export const LANGUAGES = { en: "English", zh: "中文" };
const WORDS = { en, zh };

export const lang = kept("lang", preferred());
lang.subscribe(show);
show(lang.value);

/** The text of `key` with {name} put in from `values`; the key itself where there is no such text. */
export function t(key, values = {}) {
  const found = lookup(key);
  if (found == null) return key;
  const text = typeof found === "string" ? found : found[plural(values.n)] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return value === undefined ? all : typeof value === "number" ? number(value, 2) : String(value);
  });
}

/** Is there a text of that key? For words that the server may know and this page not yet. */
export const has = (key) => lookup(key) != null;

/** The present language; the component renders again when it is changed. */
export const useLang = () => useSignal(lang);

export function number(value, digits = 0) {
  return new Intl.NumberFormat(lang.value, { maximumFractionDigits: digits }).format(value);
}

export function percent(fraction) {
  return new Intl.NumberFormat(lang.value, { style: "percent", maximumFractionDigits: 0 }).format(fraction);
}

/** 1.2 MB, 340 kB. */
export function bytes(count) {
  if (count == null) return "–";
  if (count < 1000) return `${number(count)} B`;
  return count < 1e6 ? `${number(count / 1e3)} kB` : `${number(count / 1e6, 1)} MB`;
}

/** 0.4 s, 12 s, 2 min 5 s, 1 h 3 min. */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 9.95) return t("time.s", { s: number(Math.max(0, seconds), 1) });
  const s = Math.round(seconds);
  if (s < 60) return t("time.s", { s });
  if (s < 3600) return t("time.min", { m: Math.floor(s / 60), s: s % 60 });
  return t("time.h", { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
}

/** A server's RFC 3339 time in the reader's own time zone; today only the hour. */
export function when(text) {
  if (!text) return "–";
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(lang.value, style).format(at);
}

function lookup(key) {
  return WORDS[lang.value]?.[key] ?? WORDS.en[key];
}

function plural(n) {
  return typeof n === "number" ? new Intl.PluralRules(lang.value).select(n) : "other";
}

function preferred() {
  const first = (navigator.languages ?? [navigator.language]).find((tag) => /^(zh|en)/i.test(tag)) ?? "en";
  return /^zh/i.test(first) ? "zh" : "en";
}

function show(language) {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
}
