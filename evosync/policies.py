"""What a browser may load and run on our pages. No foreign host anywhere."""

from django.utils.csp import CSP

_COMMON = {
    "default-src": [CSP.SELF],
    # Bootstrap draws its arrows and ticks from addresses that hold the picture themselves.
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
PAGES = _COMMON | {"script-src": [CSP.SELF], "style-src": [CSP.SELF]}
# The staff panel comes from its package: Alpine evaluates attributes, and its pages hold scripts and styles.
PANEL = _COMMON | {
    "img-src": [CSP.SELF, "data:", "blob:"],
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}


def panel_policy(get_response):
    """Middleware: the panel's own policy under /admin/, whatever of it answers."""

    def answer(request):
        response = get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_config = PANEL
        return response

    return answer
