// What `npm start` runs is measured: the compiled files. The loader that runs the benchmarks themselves marks every function with its name
// when it is made, which costs small functions several times what they do.
const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href

export const { openNode }: typeof import('../../node/open-node.ts') = await import(built('node/open-node.js'))
export const { openBridge }: typeof import('../../node/bridge/bridge.ts') = await import(built('node/bridge/bridge.js'))
export const { sodiumPrimitives }: typeof import('../../node/sodium-primitives.ts') = await import(
  built('node/sodium-primitives.js')
)
export const { decodeBundle }: typeof import('../../protocol/verification/bundle.ts') = await import(
  built('protocol/verification/bundle.js')
)
export const { noblePrimitives, verifyBundle }: typeof import('../../protocol/verification/index.ts') = await import(
  built('protocol/verification/index.js')
)
