package web

import (
	"github.com/weirmesh/weir/internal/serve/web/activity"
	"github.com/weirmesh/weir/internal/serve/web/adoption"
	"github.com/weirmesh/weir/internal/serve/web/create"
	"github.com/weirmesh/weir/internal/serve/web/explore"
	"github.com/weirmesh/weir/internal/serve/web/home"
	"github.com/weirmesh/weir/internal/serve/web/lineage"
	"github.com/weirmesh/weir/internal/serve/web/nodes"
	"github.com/weirmesh/weir/internal/serve/web/org"
	"github.com/weirmesh/weir/internal/serve/web/product"
	"github.com/weirmesh/weir/internal/serve/web/publish"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Families are all pages, in the order of the navigation.
func Families() []site.Family {
	return []site.Family{
		home.Family(),
		explore.Family(),
		create.Family(),
		lineage.Family(),
		product.Family(),
		nodes.Family(),
		publish.Family(),
		org.Family(),
		activity.Family(),
		adoption.Family(),
	}
}
