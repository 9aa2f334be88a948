package gateway

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/core/wire"
)

var update = flag.Bool("update", false, "write the golden files")

// TestEveryRequestIsClassified: each request that kmsg knows is either offered,
// in versions that kmsg can read, or refused with a reason.
func TestEveryRequestIsClassified(t *testing.T) {
	t.Parallel()
	offered := map[int16]entry{}
	for _, e := range allowList() {
		offered[e.key] = e
	}
	for key := int16(0); key <= kmsg.MaxKey; key++ {
		e, isOffered := offered[key]
		reason, isRefused := refused[key]
		if isOffered == isRefused || isRefused && reason == "" {
			t.Errorf("%s (%d): offered %v, refused %v: decide, with what is checked or why not", kmsg.NameForKey(key), key, isOffered, isRefused)
		}
		req := kmsg.RequestForKey(key)
		if !isOffered || req == nil {
			continue
		}
		if e.min > e.max || e.max > req.MaxVersion() {
			t.Errorf("%s: versions %d to %d, kmsg reads up to %d", e.name, e.min, e.max, req.MaxVersion())
		}
		if !e.beforeLogin && e.request == nil || e.who == "" || e.what == "" || !strings.EqualFold(e.name, kmsg.NameForKey(key)) {
			t.Errorf("%s: an incomplete line", e.name)
		}
	}
	if len(offered)+len(refused) != kmsg.MaxKey+1 {
		t.Errorf("%d offered and %d refused, but there are %d", len(offered), len(refused), kmsg.MaxKey+1)
	}
	if !slices.IsSortedFunc(allowList(), func(a, b entry) int { return int(a.key) - int(b.key) }) {
		t.Error("the table is not sorted by key")
	}
}

// TestEveryRequestHasAShape: what is decoded was walked before.
func TestEveryRequestHasAShape(t *testing.T) {
	t.Parallel()
	for _, e := range allowList() {
		if e.beforeLogin {
			continue
		}
		for v := e.min; v <= e.max; v++ {
			req := kmsg.RequestForKey(e.key)
			req.SetVersion(v)
			if err := wire.CheckRequest(e.key, v, req.IsFlexible(), req.AppendTo(nil)); err != nil {
				t.Errorf("%s v%d: %v", e.name, v, err)
			}
		}
	}
}

// TestReference keeps docs/reference/kafka-api.md the table.
func TestReference(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "docs", "reference", "kafka-api.md")
	want := reference()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run the test with -update:\n%s", diff)
	}
}

func reference() string {
	var b strings.Builder
	b.WriteString(`<!-- Made by a test of internal/serve/gateway; change the table there and run it with -update. -->

# What the gateway speaks

Clients are answered with the versions that this table and the broker behind the gateway have in
common. A request that is not here, or in another version, closes the connection. Before the login
only SaslHandshake, ApiVersions and SaslAuthenticate are answered; the mechanisms are SCRAM-SHA-256
and SCRAM-SHA-512.

What an application may not know of is answered as what does not exist
(UNKNOWN_TOPIC_OR_PARTITION, by id UNKNOWN_TOPIC_ID); a topic that it may know of but not use gives
TOPIC_AUTHORIZATION_FAILED, a group or transactional id of somebody else
GROUP_AUTHORIZATION_FAILED or TRANSACTIONAL_ID_AUTHORIZATION_FAILED. Records that the cluster has no
room for are refused with POLICY_VIOLATION and the reason.

A published topic has two names, its product's (` + "`D.P.v1`" + `) and the one that it had before; every request
takes either, and the answer has the name that was asked for. The broker sees the old one alone, so committed
offsets are one set and members of a group that use different names share the partitions. Lists show each topic
once, under the product's name; a client that asked for the old name, or subscribed to it, is shown that. A
pattern that the client resolves from a list, and kafka-python's ` + "`partitions_for_topic`" + ` of a topic that it does
not use yet, therefore find the product's name only. Who uses both names in one client hears of both from
Metadata, of the old one without an id; in any other request the old one then is answered with
INVALID_TOPIC_EXCEPTION, and a subscription to both is one to the product's. Programs of one application on one
host that use different names should differ in ` + "`client.id`" + `.

| key | request | versions | who may | what is checked and changed |
|---:|---|---|---|---|
`)
	for _, e := range allowList() {
		versions := fmt.Sprintf("%d-%d", e.min, e.max)
		if e.min == e.max {
			versions = fmt.Sprint(e.min)
		}
		what := e.what
		if e.ids > 0 {
			what += fmt.Sprintf("; topics by id from version %d", e.ids)
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", e.key, e.name, versions, e.who, what)
	}
	b.WriteString("\n## Refused\n\n| why | requests |\n|---|---|\n")
	byReason := map[string][]string{}
	for key := int16(0); key <= kmsg.MaxKey; key++ {
		if why, ok := refused[key]; ok {
			byReason[why] = append(byReason[why], nameOf(key))
		}
	}
	for _, why := range []string{forTopics, forRights, forOperator, forShare, forBrokers} {
		fmt.Fprintf(&b, "| %s | %s |\n", why, strings.Join(byReason[why], ", "))
	}
	return b.String()
}
