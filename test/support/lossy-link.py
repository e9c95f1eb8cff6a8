"""Joins two network devices as a long and bad cable would: `lossy-link.py DEVICE DEVICE`.

Lines on stdin say how it is from then on: milliseconds of delay and the part that gets lost, such as `30 0.02`.
Everything that goes between the two ends is carried by this program; there is no other way.
"""

import heapq
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR, PACKET_OUTGOING = 263, 15, 4


def open_end(device):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    # Checksums that the kernel left to the device go along with each frame.
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    end.bind((device, 0))
    return end


def main():
    one, other = (open_end(device) for device in sys.argv[1:3])
    across = {one: other, other: one}
    delay, loss = 0.0, 0.0
    waiting, number = [], 0
    print("joined", flush=True)
    while True:
        wait = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([one, other, sys.stdin], [], [], wait)
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, end, frame = heapq.heappop(waiting)
            try:
                end.send(frame)
            except OSError:
                pass  # A device that is down takes nothing.
        for end in ready:
            if end is sys.stdin:
                line = sys.stdin.readline()
                if not line:
                    return
                milliseconds, part = line.split()
                delay, loss = float(milliseconds) / 1000, float(part)
                continue
            try:
                frame, address = end.recvfrom(70_000)
            except OSError:
                continue
            if address[2] != PACKET_OUTGOING and random.random() >= loss:
                number += 1
                heapq.heappush(waiting, (now + delay, number, across[end], frame))


main()
