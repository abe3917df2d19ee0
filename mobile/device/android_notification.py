"""plyer's notification facade over Android's, where plyer's own breaks: imported on Android alone.

plyer 2.1.0 makes a mutable-by-silence `PendingIntent`, which Android 12 and later refuse (kivy/plyer pull request 756,
python-for-android issue 2759), and shows everything in a channel of middling importance that makes no sound over a locked screen.
What is told here is a check-in that is due: it must be seen.
"""

from typing import Any

from jnius import autoclass, cast
from plyer.facades import Notification

CHANNEL = "lantern-check-in"
NUMBER = 1
"""One notification at a time: a new one takes the place of the last."""


class AndroidNotification(Notification):
    """A notification that opens Lantern, shown by the app or by its `service`. Its words name nobody (rule B7): it may stand on a
    locked screen.
    """

    def __init__(self, service: Any = None) -> None:
        super().__init__()
        self._service = service

    def _notify(self, **kwargs: Any) -> None:
        activity = self._service or autoclass("org.kivy.android.PythonActivity").mActivity
        context = autoclass("android.content.Context")
        service = activity.getSystemService(context.NOTIFICATION_SERVICE)
        manager = cast("android.app.NotificationManager", service)
        if not manager.areNotificationsEnabled():
            raise PermissionError("notifications are switched off for Lantern")
        self._open_channel(manager, kwargs.get("app_name") or "Lantern")
        manager.notify(NUMBER, self._build(activity, kwargs["title"], kwargs["message"]))

    def _open_channel(self, manager: Any, name: str) -> None:
        kind = autoclass("android.app.NotificationManager")
        channel = autoclass("android.app.NotificationChannel")(CHANNEL, _text(name), kind.IMPORTANCE_HIGH)
        channel.enableVibration(True)
        manager.createNotificationChannel(channel)

    def _build(self, activity: Any, title: str, message: str) -> Any:
        kind = autoclass("android.app.Notification")
        builder = autoclass("android.app.Notification$Builder")(activity, CHANNEL)
        builder.setContentTitle(_text(title))
        builder.setContentText(_text(message))
        builder.setSmallIcon(activity.getApplicationInfo().icon)
        builder.setCategory(kind.CATEGORY_ALARM)
        builder.setVisibility(kind.VISIBILITY_PUBLIC)
        builder.setContentIntent(self._opens(activity))
        builder.setAutoCancel(True)
        return builder.build()

    def _opens(self, activity: Any) -> Any:
        """The intent behind the notification; unchangeable, as Android 12 asks."""
        pending, intent_kind = autoclass("android.app.PendingIntent"), autoclass("android.content.Intent")
        intent = intent_kind(activity, autoclass("org.kivy.android.PythonActivity"))
        intent.setFlags(intent_kind.FLAG_ACTIVITY_SINGLE_TOP)
        intent.setAction(intent_kind.ACTION_MAIN)
        intent.addCategory(intent_kind.CATEGORY_LAUNCHER)
        return pending.getActivity(activity, 0, intent, pending.FLAG_IMMUTABLE | pending.FLAG_UPDATE_CURRENT)


def _text(words: str) -> Any:
    """A Java text: methods that take a `CharSequence` are not found with a Python one."""
    return cast("java.lang.CharSequence", autoclass("java.lang.String")(words))
