import { computed, shallowRef } from 'vue'
import { makeGroupFanOut } from './group-fan-out.ts'
import { type GroupLinks, type LinkSurroundings, makeGroupLinks } from './group-links.ts'

/** The connections of this page in a group call, in the form that the node says the call has now. */
export function makeGroupConnections(surroundings: LinkSurroundings): GroupLinks {
  const [mesh, fanOut] = [makeGroupLinks(surroundings), makeGroupFanOut(surroundings)]
  const current = shallowRef(mesh)
  return {
    shown: computed(() => current.value.shown.value),
    follow(call) {
      const next = call.form === 'fan-out' ? fanOut : mesh
      if (next !== current.value) current.value.close()
      current.value = next
      next.follow(call)
    },
    send: (kind, track) => current.value.send(kind, track),
    peers: () => current.value.peers(),
    close() {
      for (const each of [mesh, fanOut]) each.close()
      current.value = mesh
    },
  }
}
