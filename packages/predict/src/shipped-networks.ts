/**
 * Networks that ship with semcrc, by name, each with what it does. The files are `@semcrc/predict/networks/NAME.onnx` and `NAME.json`, its
 * record; `readShippedNetwork` of `@semcrc/predict/node` reads them, a page fetches them.
 */
export const SHIPPED_NETWORKS = {
  denoising: 'network: intervals from CT with Gaussian noise, σ = 0.2 of the window',
  fbp: 'network: intervals from filtered back-projections of helical scans with 1000 photons',
  organs: 'network: nine organs in point predictions, at 3 mm',
} as const satisfies Readonly<Record<string, string>>;

export type ShippedNetwork = keyof typeof SHIPPED_NETWORKS;

/** Whether a word names a network that ships with semcrc. */
export function isShippedNetwork(name: string): name is ShippedNetwork {
  return Object.hasOwn(SHIPPED_NETWORKS, name);
}
