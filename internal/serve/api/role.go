package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/identity"
)

func (a *API) roleRoutes() {
	add(a, route{method: http.MethodGet, path: "/roles", summary: "List who has which role where"}, a.roles)
	add(a, route{method: http.MethodPut, path: "/people/{name}/roles/{role}", summary: "Give a person a role"}, a.addRole)
	add(a, route{method: http.MethodDelete, path: "/people/{name}/roles/{role}", summary: "Take a role away", status: http.StatusNoContent}, a.removeRole)
}

func (a *API) roles(ctx context.Context, p weir.Principal, in *struct {
	Paging
	Person string `query:"person" maxLength:"63" doc:"Only this person's."`
	On     string `query:"on" maxLength:"127" doc:"Only those on this domain or domain.product."`
}) (*many[client.Role], error) {
	all, err := a.Identity.Roles(ctx, p, in.Person, in.On)
	if err != nil {
		return nil, err
	}
	from, err := place(in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &many[client.Role]{Body: client.List[client.Role]{Items: []client.Role{}}}
	for i := min(from, len(all)); i < len(all); i++ {
		if len(out.Body.Items) == in.Limit {
			out.Body.Next = strconv.Itoa(i)
			break
		}
		out.Body.Items = append(out.Body.Items, role(all[i]))
	}
	return out, nil
}

// place is the cursor of a list that is cut by number.
func place(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(cursor)
	if err != nil || n < 1 {
		return 0, weir.Errorf(weir.Invalid, "%q is no cursor of this list", cursor).At("cursor").WithFix("use the next of an earlier page")
	}
	return n, nil
}

// appointment is a role of a person in the path.
type appointment struct {
	Write
	Named
	Role string `path:"role" maxLength:"63"`
	On   string `query:"on" maxLength:"127" doc:"The domain or domain.product that it is on; absent: the mesh."`
}

func (in appointment) is() identity.Appointment {
	return identity.Appointment{Role: weir.Role(in.Role), Person: in.Name, On: in.On}
}

func (a *API) addRole(ctx context.Context, p weir.Principal, in *appointment) (*one[client.Role], error) {
	call, err := in.of(p, "role.add", in.is())
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.AddRole(ctx, call, in.is())
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, r, weir.NounPerson, func(context.Context, *names, *weir.Person, weir.Revision) (client.Role, error) {
		return role(in.is()), nil
	})
}

func (a *API) removeRole(ctx context.Context, p weir.Principal, in *appointment) (*none, error) {
	call, err := in.of(p, "role.remove", in.is())
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.RemoveRole(ctx, call, in.is())
	return gone(r), err
}

func role(a identity.Appointment) client.Role {
	return client.Role{Role: string(a.Role), Person: a.Person, On: a.On}
}
