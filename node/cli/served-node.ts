import type { Backend } from '../backend.ts'
import { openBridge } from '../bridge/bridge.ts'
import { type NodeConfig, version, webRoot } from '../config.ts'
import { openNode } from '../open-node.ts'
import { removeRunFile, writeRunFile } from './run-file.ts'

/** A node with its page, which the commands of this home can find. */
export interface ServedNode {
  readonly backend: Backend
  readonly url: string
  readonly port: number
  createLoginUrl(): string
  close(): Promise<void>
}

interface Place {
  readonly config: NodeConfig
  readonly port: number
  readonly host: string
}

/** Open a node, its bridge and its run file; whatever fails, nothing stays open. */
export async function openServedNode({ config, port, host }: Place): Promise<ServedNode> {
  const { home, log } = config
  const node = await openNode(config)
  try {
    const bridge = await openBridge({ backend: node.backend, home, port, host, webRoot, version, log })
    try {
      await writeRunFile(home, { pid: process.pid, port: bridge.port, url: bridge.url, token: bridge.token, version })
    } catch (error) {
      await bridge.close()
      throw error
    }
    return {
      backend: node.backend,
      url: bridge.url,
      port: bridge.port,
      createLoginUrl: bridge.createLoginUrl,
      async close() {
        await removeRunFile(home, bridge.token)
        await bridge.close()
        await node.close()
      },
    }
  } catch (error) {
    await node.close()
    throw error
  }
}
