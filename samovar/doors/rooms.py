"""The only list of rooms, in business order. A room is a Django application; its screens, endpoints and jobs are found by name."""

ROOMS = ("engine", "staff", "webkit", "collect", "understand", "decide", "communicate", "measure")
