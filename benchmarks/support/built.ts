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
export const { hpke, makeHpkePair }: typeof import('../../node/hpke.ts') = await import(built('node/hpke.js'))
export const { openInRoom, sealInRoom }: typeof import('../../protocol/epoch/room-keys.ts') = await import(
  built('protocol/epoch/room-keys.js')
)
export const { openEpoch, startEpoch }: typeof import('../../protocol/epoch/sealed-epoch.ts') = await import(
  built('protocol/epoch/sealed-epoch.js')
)
export const { encodeEpochEvent }: typeof import('../../protocol/epoch/event.ts') = await import(
  built('protocol/epoch/event.js')
)
