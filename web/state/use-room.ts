import { computed, type ShallowRef } from 'vue'
import type { RoomView } from '../../node/api/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { BridgeProblem } from '../bridge/bridge-problem.ts'
import { useView } from './use-bridge.ts'

export interface UseRoom {
  readonly room: Readonly<ShallowRef<RoomView | undefined>>
  readonly problem: Readonly<ShallowRef<BridgeProblem | undefined>>
  /** How many connected nodes hold this own entry. */
  heldBy(id: string): number
  sendMessage(text: string): Promise<void>
  markRead(): Promise<void>
}

/** One room, live: `room` follows the node, `sendMessage` asks the node to write. */
export function useRoom(bridge: Bridge, id: string): UseRoom {
  const { view: room, problem } = useView(bridge, { type: 'room', room: id })
  const heldUpTo = computed(() => room.value?.heldUpTo ?? [])
  return {
    room,
    problem,
    heldBy(id) {
      const [log, index] = id.split('/')
      return heldUpTo.value.filter((held) => held.log === log && held.length > Number(index)).length
    },
    // The message shows up in the timeline once it is in our own log, not before.
    async sendMessage(text) {
      await bridge.send({ type: 'send-message', room: id, text })
    },
    async markRead() {
      await bridge.send({ type: 'mark-read', room: id })
    },
  }
}
