from django.urls import path, re_path

from webapp.api import api, nothing_here
from webapp.health import healthz, livez, readyz
from webapp.imaging.signed_pixels import pixels
from webapp.imaging.tile_view import tile
from webapp.metrics import metrics
from webapp.page import page
from webapp.realtime.notices import notices

urlpatterns = [
    path("api/", api.urls),
    re_path(r"^api/", nothing_here),
    path("healthz", healthz),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("internal/notices", notices),
    path("tiles/<uuid:layer>/<str:version>/<str:view>/<int:z>/<int:x>/<int:y>.<str:suffix>", tile),
    path("pixels/<str:signed>", pixels, name="pixels"),
    # The page draws its own addresses; what looks like a file or belongs to the server does not.
    re_path(r"^(?!api/|tiles/|pixels/|assets/|internal/|ws/|static/)(?:[^.]*)$", page),
]
