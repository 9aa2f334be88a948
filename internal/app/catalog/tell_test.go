package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

func TestDescribed(t *testing.T) {
	t.Parallel()
	known := []schema.Field{
		{Path: "a", Type: "string", Doc: "of the schema", Tags: []string{"PII"}}, {Path: "a", Type: "long"}, {Path: "b", Type: "long", Optional: true},
	}
	notes := []weir.FieldNote{
		{Path: "gone", Description: "of a field that was"},
		{Path: "a", Description: "of the product", Classification: weir.ClassPublic, Tags: []weir.Tag{"x:y"}, Unit: "m"},
	}
	want := []Field{
		{
			Path: "a", Type: "string", Description: "of the product", DescriptionFrom: FromProduct, Classification: weir.ClassPublic, ClassificationFrom: FromProduct,
			Tags: []FieldTag{{"PII", FromSchema}, {"x:y", FromProduct}}, Unit: "m",
		},
		{Path: "b", Type: "long", Optional: true},
		{Path: "gone", Description: "of a field that was", DescriptionFrom: FromProduct},
	}
	if diff := cmp.Diff(want, described(known, notes)); diff != "" {
		t.Error(diff)
	}
}

func TestClassificationOfTags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tags []string
		want weir.Classification
	}{
		{nil, ""},
		{[]string{"FINANCIAL"}, ""},
		{[]string{"PUBLIC"}, weir.ClassPublic},
		{[]string{"Private"}, weir.ClassInternal},
		{[]string{"PII"}, weir.ClassPersonal},
		{[]string{"pii:email"}, weir.ClassPersonal},
		{[]string{"PUBLIC", "SENSITIVE"}, weir.ClassPersonal},
		{[]string{"SECRET", "PII"}, weir.ClassSecret},
	} {
		if got := schema.ClassOf(c.tags); got != c.want {
			t.Errorf("%v: %q, want %q", c.tags, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []schema.Field{{Path: "userid"}, {Path: "user.name"}, {Path: "address.street"}, {Path: "address.city"}, {Path: "items[].price"}}
	for path, want := range map[string][]string{
		"usrid": {"userid"}, "USERID": {"userid"}, "street": {"address.street"}, "adress.city": {"address.city"}, "items.price": {"items[].price"},
		"zzzzzz": nil, "": nil,
	} {
		if diff := cmp.Diff(want, nearest(path, known)); diff != "" {
			t.Errorf("%q:\n%s", path, diff)
		}
	}
}
