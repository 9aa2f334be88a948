package schemaregistry_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/internal/serve/schemaregistry"
)

// TestReferenceGolden keeps docs/reference/registry-api.md what the routes and
// codes are.
func TestReferenceGolden(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/reference/registry-api.md"
	got := reference()
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the API changed; if that is meant, run go test ./internal/serve/schemaregistry -update\n%s", diff)
	}
}

// reference is the whole page.
func reference() string {
	var b strings.Builder
	b.WriteString(`# The schema registry's API

Made by ` + "`go test ./internal/serve/schemaregistry -update`" + ` from the routes and codes.

The API of Confluent's schema registry, on the address of ` + "`--registry`" + ` and, the same, below ` + "`/registry`" + ` of the
HTTP one. Stock serialisers and clients work with it as they are.

## Who asks

Nobody is served without saying who asks: ` + "`401`" + ` otherwise. An application uses basic auth with its name and password
(` + "`basic.auth.user.info=NAME:PASSWORD`" + `); a person, or a program that acts as one, a token: as bearer, or as the password
of basic auth with the person's name or ` + "`token`" + ` as the user. What ends (a password, a token, an application) is refused
from the next request on. A password is compared once a minute; many wrong ones from one host wait for one another
(` + "`429`" + `), and keep no other host waiting.

Reading follows the visibility of products. The subjects of product ` + "`D.P`" + ` are ` + "`D.P.v1-key`" + ` and ` + "`D.P.v1-value`" + `; those
below ` + "`D._private.`" + ` are hidden from others than D's own, those below ` + "`D._shared.`" + ` are visible to the whole mesh, for what
several schemas refer to. All these are written by the applications and members of the team that owns the domain D; any
other by a mesh admin. What the caller may not see does not exist for it. Registering what is there already is answered
with its id for everyone who may read it.

A topic that was published keeps its subjects: a product made of the topic ` + "`orders`" + ` has ` + "`orders-key`" + ` and
` + "`orders-value`" + `. ` + "`D.P.v1-key`" + ` and ` + "`D.P.v1-value`" + ` are other names of the same, in every path, parameter and
reference, for who may know of the product. Where an answer says the subject that was asked for, it says the name that was asked
for, since serialisers keep what they learn under it; lists (` + "`/subjects`, `/schemas`, `/schemas/ids/{id}/subjects`" + `) and
references say the topic's, each subject once. While the topic is published its subjects belong to the product's domain and are
seen by who sees the product; when it is taken back they belong to whom they belonged before. A name under which there are
schemas already is not taken: publishing answers with a conflict.

## What is sent

Answers are of ` + "`application/vnd.schemaregistry.v1+json`" + `, ` + "`application/vnd.schemaregistry+json`" + ` or ` + "`application/json`" + `, as
` + "`Accept`" + ` likes best (` + "`406`" + ` if none); bodies too, or ` + "`application/octet-stream`" + ` (` + "`415`" + ` otherwise). A body has at most `)
	fmt.Fprintf(&b, "%d MiB\n", schemaregistry.MaxBody>>20)
	b.WriteString("(`413`), it holds at most 20,000 values and no key twice (`400`); fields that are not known are let be. A write takes the headers\n" +
		"`Idempotency-Key` (the same key gets the first answer again, for 24 hours) and `Weir-Reason` (for the audit).\n\n" +
		"Names in paths are escaped (`%2F`). A version is a number, `latest` or `-1`. `true` is the only value that sets a flag.\n" +
		"Lists hold at most 1,000 schemas or 20,000 names; `offset` and `limit` select parts. A list of schemas with more than\n" +
		"64 MB of texts is refused with 42209, which says the `limit` that fits. Of contexts there is the default one:\n" +
		"`:.:name` is `name`.\n\n## Endpoints\n\n| | answers | query | codes |\n|---|---|---|---|\n")
	api := &schemaregistry.API{}
	for _, r := range api.Routes() {
		fmt.Fprintf(&b, "| `%s %s` | %s | %s | %s |\n", r.Method, r.Path, r.Summary, code(r.Params), strings.ReplaceAll(r.Codes, " ", ", "))
	}
	b.WriteString("\n`format=serialized` gives Protobuf schemas as a descriptor in base64. A configuration's `alias`, `compatibilityPolicy`\n" +
		"other than `STRICT`, and `validateFields`, `validateRules` and `validateNewSchemas` other than `false` are refused with 422.\n" +
		"A product's subjects are always checked, and keep their last version as long as the product lives.\n" +
		"As long as its data is kept, versions that were deleted softly count when schemas are compared, and none is deleted for\n" +
		"ever (42205): records need it. Data and schemas end together: `weir product delete D.P --destroy-data`. A mesh admin may\n" +
		"in mode `IMPORT`.\n" +
		"A check compares at most 16 MB of texts, the new schema's with each earlier version's: over it is 42209 (compare with\n" +
		"the last version alone, or begin a new subject). Two large schemas (over 64 KiB) are worked on at once, and 16 small\n" +
		"ones beside them; others wait for 10 seconds, or are told to come again (`429`).\n\n" +
		"## Errors\n\nEvery error is `{\"error_code\": N, \"message\": \"...\"}`.\n\n| status | code | when |\n|---|---|---|\n")
	for i, c := range schemaregistry.Codes() {
		fmt.Fprintf(&b, "| %d | %d | %s |\n", c[0], c[1], meanings[i])
	}
	for _, c := range others {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c[0], c[1], c[2])
	}
	b.WriteString("\n## Left out\n\nThese answer 404 with `\"error_code\": 404` and a message that names them:\n\n")
	for _, a := range schemaregistry.Absences() {
		fmt.Fprintf(&b, "- `%s`: %s\n", a[0], a[1])
	}
	b.WriteString("- any other path\n")
	return b.String()
}

// code makes words code.
func code(words string) string {
	if words == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(words, " ", "`, `") + "`"
}

// meanings tells the faults, in their order.
var meanings = []string{
	"there is no such subject", "there is no such version", "there is no such schema",
	"the subject is deleted softly already", "the subject must be deleted softly first",
	"the version is deleted softly already", "the version must be deleted softly first",
	"the subject has no configuration of its own", "the subject has no mode of its own",
	"the schema is not compatible; the message says which field, which rule, what to do",
	"the schema is not one, or not one that the subject takes", "that is no version", "that is no compatibility level", "that is no mode",
	"the mode does not allow it, or records need the schema", "another schema refers to it", "the id is not the schema's", "that is no subject's name",
	"the schema is over a limit of its language, or the list or check over one of the registry", "the rules are not as they must be",
}

// others are the errors that registries have no code of their own for.
var others = [][3]string{
	{"400", "400", "the body is not the JSON that it must be"},
	{"401", "401", "nobody said who asks, or it is not true"},
	{"403", "40301", "known to the caller, but not allowed; the message says whom to ask"},
	{"404", "404", "there is no such path; what is left out is named"},
	{"405", "405", "the path takes other methods"},
	{"406", "406", "the caller takes none of the media types"},
	{"409", "40900", "the idempotency key was used for another request"},
	{"413", "413", "the body is too large"},
	{"415", "415", "the body is of another media type"},
	{"422", "422", "something else in the request is wrong"},
	{"429", "429", "too much at once; try again"},
	{"500", "500", "a fault of ours; the node's log says more"},
	{"503", "50001", "nothing can be written at the moment; reading goes on"},
	{"503", "50002", "it may have happened; look before you repeat it"},
}
