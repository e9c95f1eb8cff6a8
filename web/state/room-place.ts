import { type InjectionKey, inject, type Ref, ref } from 'vue'

/** Where a room stands: alone, or beneath a small call; beside a large one; or behind it, where nobody sees it. */
export type RoomPlace = 'whole' | 'beside' | 'covered'

export const roomPlaceKey: InjectionKey<Readonly<Ref<RoomPlace>>> = Symbol('room place')

export function useRoomPlace(): Readonly<Ref<RoomPlace>> {
  return inject(roomPlaceKey, () => ref<RoomPlace>('whole'), true)
}
