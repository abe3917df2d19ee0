"""Where calls to the service run, so that no screen ever waits: one thread for the disk, one for what may wait on a network.

The answer is handed back on the screen's thread. No Kivy screen and no rule lives here.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class Work:
    """Two threads of one worker each: calls of a kind run in the order they were asked."""

    def __init__(self, hand_back: Callable[[Callable[[], None]], None]) -> None:
        self._hand_back = hand_back
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disk")
        self._network = ThreadPoolExecutor(max_workers=1, thread_name_prefix="network")
        self.waiting = 0
        self.is_stopped = False

    def ask(
        self,
        job: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[Exception], None],
        network: bool = False,
    ) -> None:
        """Run `job` elsewhere, then `then(result)` or `failed(error)` on the screen's thread."""
        if self.is_stopped:
            return
        self.waiting += 1

        def run() -> None:
            try:
                result = job()
            except Exception as error:
                caught = error
                self._hand_back(lambda: self._arrived(failed, caught))
            else:
                self._hand_back(lambda: self._arrived(then, result))

        (self._network if network else self._disk).submit(run)

    def stop(self) -> None:
        """Finish what is being saved, start nothing new."""
        self.is_stopped = True
        self._disk.shutdown(wait=True)
        self._network.shutdown(wait=False, cancel_futures=True)

    def _arrived(self, receiver: Callable[[Any], None], result: Any) -> None:
        self.waiting -= 1
        receiver(result)
