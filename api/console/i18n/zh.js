// All words, gathered from their areas; a key belongs to one area.
import candidates from "./zh.candidates.js";
import capacity from "./zh.capacity.js";
import mask from "./zh.mask.js";
import operator from "./zh.operator.js";
import shell from "./zh.shell.js";
import studio from "./zh.studio.js";
import chain from "./zh.chain.js";
import jobs from "./zh.jobs.js";
import batches from "./zh.batches.js";
import generate from "./zh.generate.js";
import seen from "./zh.seen.js";
import data from "./zh.data.js";
import settings from "./zh.settings.js";
import viewer from "./zh.viewer.js";

export const zh = { ...shell, ...studio, ...chain, ...jobs, ...batches, ...generate, ...settings, ...data, ...seen, ...viewer, ...mask, ...candidates, ...operator, ...capacity };
