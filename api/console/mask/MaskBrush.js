// Placeholder until the component stands here.
export function MaskBrush() {
  return null;
}
