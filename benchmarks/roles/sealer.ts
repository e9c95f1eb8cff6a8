import { diffieHellman, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { EpochKeys } from '../../protocol/epoch/epoch-keys.ts'
import type { RoomKeys } from '../../protocol/epoch/room-keys.ts'
import type { Suite } from '../../protocol/log/entry.ts'
import {
  encodeEpochEvent,
  hpke,
  makeHpkePair,
  openEpoch,
  openInRoom,
  sealInRoom,
  sodiumPrimitives,
  startEpoch,
} from '../support/built.ts'
import { timed } from '../support/clock.ts'
import { messageBlock } from '../support/message-text.ts'
import { playRole } from '../support/role.ts'

const { seal, open } = sodiumPrimitives
const [room, log, classKey] = [randomBytes(32), randomBytes(32), randomBytes(32)]
const stepsOfEpoch = 256
/** What a header takes that cites one log. */
const headerBytes = 110
const freshSecrets = () => ({ header: randomBytes(32), history: randomBytes(32), ephemeral: randomBytes(32) })

interface Devices {
  readonly recipients: { readonly device: Uint8Array; readonly prekey: { generation: number; key: Uint8Array } }[]
  readonly privateKeys: Uint8Array[]
}

/** As many devices as are asked for; they are made once. */
const made: Devices = { recipients: [], privateKeys: [] }

async function makeDevices(count: number): Promise<Devices> {
  while (made.recipients.length < count) {
    const { publicKey, privateKey } = await makeHpkePair()
    made.recipients.push({ device: randomBytes(32), prekey: { generation: 0, key: publicKey } })
    made.privateKeys.push(privateKey)
  }
  return { recipients: made.recipients.slice(0, count), privateKeys: made.privateKeys.slice(0, count) }
}

/** The rows of the author and of one reader for as many epochs as these messages take. */
async function epochsFor(count: number) {
  const { recipients, privateKeys } = await makeDevices(2)
  const [own, other] = [new Map<number, EpochKeys>(), new Map<number, EpochKeys>()]
  const last = Math.ceil(count / stepsOfEpoch)
  for (let number = 1; number <= last; number++) {
    const place = { room, log, number }
    const how = { reason: 'full', shareable: true } as const
    const started = await startEpoch(place, freshSecrets(), recipients, how, hpke, sodiumPrimitives)
    for (const [i, rows] of [own, other].entries()) {
      const held = { generation: 0, privateKey: privateKeys[i]!, announced: 0, replaced: null }
      const owner = { device: recipients[i]!.device, prekeys: [held] }
      const keys = await openEpoch(started, place, owner, { keeps: true, now: 0 }, hpke, sodiumPrimitives)
      rows.set(number, keys!)
    }
  }
  return { own, other }
}

const keysOf = (rows: ReadonlyMap<number, EpochKeys>): RoomKeys => ({
  classKey: () => classKey,
  epoch: (_, number) => rows.get(number) ?? null,
})

const handlers = {
  /** Seal messages and open them, in order; the floor is the two parts of each by bare ChaCha20-Poly1305, with the keys at hand. */
  async messages({ suite, count }: { suite: Suite; count: number }) {
    const { own, other } = await epochsFor(suite === 0 ? 0 : count)
    const bodies = Array.from({ length: count }, (_, i) => messageBlock(i))
    const blocks: Uint8Array[] = []
    const sealMs = await timed(() => {
      for (const [index, body] of bodies.entries()) {
        const header = {
          kind: 'message-sent',
          time: 0,
          depth: index,
          heads: [{ log: room, length: index, treeHash: log }],
        }
        const position = { number: 1 + Math.floor(index / stepsOfEpoch), history: index % stepsOfEpoch, ephemeral: 0 }
        const how = { roomKeys: keysOf(own), position, salt: randomBytes(16) }
        const sealed = sealInRoom(
          { room, log, index, suite },
          { class: 'message', header, body },
          how,
          sodiumPrimitives,
        )!
        if (sealed.epoch) own.set(position.number, sealed.epoch)
        blocks.push(sealed.block)
      }
    })
    const openMs = await timed(() => {
      for (const [index, block] of blocks.entries()) {
        const found = openInRoom(block, { room, log, index, suite }, keysOf(other), sodiumPrimitives)!
        if (found.epoch) other.set(found.epoch.number, found.epoch)
      }
    })
    return { sealMs, openMs, ...(await bareSealing(bodies)) }
  },

  /** Begin an epoch for so many devices, and open one's own box of it; the floor is a fresh X25519 exchange and a box for each. */
  async epoch({ devices }: { devices: number }) {
    const { recipients, privateKeys } = await makeDevices(devices)
    const place = { room, log, number: 1 }
    const how = { reason: 'begun', shareable: true } as const
    let bytes = 0
    let started!: Awaited<ReturnType<typeof startEpoch>>
    const startMs = await timed(async () => {
      started = await startEpoch(place, freshSecrets(), recipients, how, hpke, sodiumPrimitives)
      bytes = encodeEpochEvent(started).length
    })
    const held = { generation: 0, privateKey: privateKeys.at(-1)!, announced: 0, replaced: null }
    const owner = { device: recipients.at(-1)!.device, prekeys: [held] }
    const openMs = await timed(() => openEpoch(started, place, owner, { keeps: true, now: 0 }, hpke, sodiumPrimitives))
    return { startMs, openMs, bytes, floorMs: await bareBoxes(devices) }
  },
}

async function bareSealing(bodies: readonly Uint8Array[]) {
  const header = new Uint8Array(headerBytes)
  const sealed: Uint8Array[] = []
  const floorSealMs = await timed(() => {
    for (const body of bodies) sealed.push(seal(classKey, header, log), seal(classKey, body, log))
  })
  const floorOpenMs = await timed(() => {
    for (const part of sealed) open(classKey, part, log)
  })
  return { floorSealMs, floorOpenMs }
}

function bareBoxes(devices: number): Promise<number> {
  const { publicKey } = generateKeyPairSync('x25519')
  const secrets = new Uint8Array(96)
  return timed(() => {
    for (let i = 0; i < devices; i++) {
      const { privateKey } = generateKeyPairSync('x25519')
      seal(diffieHellman({ publicKey, privateKey }), secrets, log)
    }
  })
}

export type SealerRole = typeof handlers

playRole(handlers, () => {})
