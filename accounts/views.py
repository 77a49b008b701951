"""Pages about one's own account that allauth does not have."""

from allauth.account.views import PasswordChangeView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .forms import ProfileForm
from .models import User


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request):
    # A row of its own: what was typed and refused must not stand in the menu as the name.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=person)
    if form.is_valid():
        form.save()
        messages.success(request, _("Сохранено."))
        return redirect("profile")
    return render(request, "account/edit.html", {"form": form}, status=422 if form.errors else 200)


change_password = login_required(PasswordChangeView.as_view(success_url=reverse_lazy("profile")))
