import createTestnet, { type Testnet } from 'hyperdht/testnet.js'
import { playRole } from '../support/role.ts'

let testnet: Testnet | null = null

const handlers = {
  /** Run a small DHT on loopback; answers where to start from. */
  async open() {
    testnet = await createTestnet(3)
    return testnet.bootstrap.map(({ host, port }) => ({ host, port }))
  },
}

export type DhtRole = typeof handlers

playRole(handlers, () => testnet?.destroy())
