import { computed, onScopeDispose, type Ref, watch } from 'vue'
import type { RoomPlace } from '../../state/room-place.ts'
import type { Arrangement } from './use-arrangement.ts'

/** Say what the stage of a call leaves to its room, as long as there is a stage. Answers whether the stage has all of it. */
export function useStagePlace(
  place: Ref<RoomPlace>,
  { large, full, chat }: Pick<Arrangement, 'large' | 'full' | 'chat'>,
  isCompact: () => boolean,
): Readonly<Ref<boolean>> {
  const isFilling = computed(() => !isCompact() && (large.value || full.value))
  watch(
    [isFilling, chat],
    ([fills, talks]) => {
      place.value = !fills ? 'whole' : talks ? 'beside' : 'covered'
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    place.value = 'whole'
  })
  return isFilling
}
