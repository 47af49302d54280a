// Placeholder until the component stands here.
export function Rules() {
  return null;
}
