/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package versionedsecret_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// The numbers are those of the project's regression (R), behaviour (B) and
// acceptance cases for versioned Secrets.

// secret is a Secret that happens to have some name.
func secret(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// version is a Secret that is a version.
func version(base string, ordinal int64) *corev1.Secret {
	return labelled(versionedsecret.Name(base, ordinal), "versionedSecret", strconv.FormatInt(ordinal, 10))
}

func versions(base string, ordinals ...int64) []*corev1.Secret {
	var secrets []*corev1.Secret
	for _, ordinal := range ordinals {
		secrets = append(secrets, version(base, ordinal))
	}
	return secrets
}

func labelled(name, kind, ordinal string) *corev1.Secret {
	s := secret(name)
	s.Labels = map[string]string{
		"fissile.cloudfoundry.org/secret-kind":    kind,
		"fissile.cloudfoundry.org/secret-version": ordinal,
	}
	return s
}

func namesOf(secrets []*corev1.Secret) []string {
	var names []string
	for _, s := range secrets {
		names = append(names, s.Name)
	}
	return names
}

func TestParseNameTakesOnlyNamesThatNameWrites(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		base    string
		ordinal int64
	}{
		"db-v1":                          {"db", 1},
		"db-v0":                          {"db", 0},
		"db-v10":                         {"db", 10},
		"db-v123":                        {"db", 123},
		"db-v9999999999":                 {"db", versionedsecret.MaxOrdinal},
		"db-v1-v2":                       {"db-v1", 2},
		"db--v3":                         {"db-", 3},
		"a.b-v4":                         {"a.b", 4},
		"foo(-v1":                        {"foo(", 1},
		"-v-v1":                          {"-v", 1},
		strings.Repeat("x", 250) + "-v1": {strings.Repeat("x", 250), 1},
	} {
		t.Run("a version: "+name, func(t *testing.T) {
			t.Parallel()
			base, ordinal, ok := versionedsecret.ParseName(name)
			if base != want.base || ordinal != want.ordinal || !ok {
				t.Errorf("got %q, %d, %t, want %q, %d, true", base, ordinal, ok, want.base, want.ordinal)
			}
			if got := versionedsecret.Name(want.base, want.ordinal); got != name {
				t.Errorf("its base name and ordinal give the name %q", got)
			}
		})
	}
	for why, name := range map[string]string{
		"R15, B31: a plain name with a dash":       "db-password",
		"B31: a plain name that ends like another": "db-vault",
		"nothing":                           "",
		"no base name":                      "-v1",
		"no ordinal":                        "db-v",
		"no dash":                           "dbv1",
		"an upper-case letter":              "db-V1",
		"a leading zero":                    "db-v01",
		"several zeros":                     "db-v00",
		"a sign":                            "db-v+1",
		"a negative ordinal":                "db-v-1",
		"a digit separator":                 "db-v1_0",
		"a letter after the ordinal":        "db-v1a",
		"a blank after the ordinal":         "db-v1 ",
		"a digit that is not ASCII":         "db-v١",
		"an ordinal of eleven digits":       "db-v10000000000",
		"an ordinal beyond 64 bits":         "db-v18446744073709551617",
		"an ordinal of a thousand digits":   "db-v" + strings.Repeat("9", 1000),
		"B32: an unclosed bracket":          "foo(",
		"B32: a regular expression":         "db-v[0-9]+",
		"a version with a suffix behind it": "db-v1-old",
	} {
		t.Run("not a version: "+why, func(t *testing.T) {
			t.Parallel()
			if base, ordinal, ok := versionedsecret.ParseName(name); ok || base != "" || ordinal != 0 {
				t.Errorf("got %q, %d, %t for %q", base, ordinal, ok, name)
			}
		})
	}
}

func TestParseTakesOnlySecretsWhoseNameAndLabelsAgree(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		secret *corev1.Secret
		want   bool
	}{
		"name, kind and version agree":       {labelled("db-v3", "versionedSecret", "3"), true},
		"no labels":                          {secret("db-v3"), false},
		"another kind":                       {labelled("db-v3", "versionedsecret", "3"), false},
		"no kind":                            {labelled("db-v3", "", "3"), false},
		"B33: no version":                    {labelled("db-v3", "versionedSecret", ""), false},
		"B33: a version that is no number":   {labelled("db-v3", "versionedSecret", "three"), false},
		"B33: a version other than named":    {labelled("db-v3", "versionedSecret", "4"), false},
		"a version with a leading zero":      {labelled("db-v3", "versionedSecret", "03"), false},
		"B31: a plain name, though labelled": {labelled("db-password", "versionedSecret", "3"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, ordinal, ok := versionedsecret.Parse(tc.secret)
			if ok != tc.want {
				t.Fatalf("got %t, want %t", ok, tc.want)
			}
			if ok && (base != "db" || ordinal != 3) {
				t.Errorf("got %q and %d, want db and 3", base, ordinal)
			}
		})
	}
}

func TestLatestIsTheVersionWithTheGreatestOrdinal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		secrets []*corev1.Secret
		base    string
		want    string
	}{
		"80, R13: v11, not v9":                     {versions("db", 9, 11, 1, 10, 2), "db", "db-v11"},
		"83: with gaps":                            {versions("db", 4, 5, 11), "db", "db-v11"},
		"R14: the first version":                   {versions("db", 1), "db", "db-v1"},
		"R14: version 0, if another writer has it": {versions("db", 0), "db", "db-v0"},
		"the greatest ordinal":                     {versions("db", 1, versionedsecret.MaxOrdinal), "db", "db-v9999999999"},
		"no Secrets":                               {nil, "db", ""},
		"no version":                               {[]*corev1.Secret{secret("db"), secret("db-v1")}, "db", ""},
		"B32: of a base name with a dot":           {append(versions("axb", 7), versions("a.b", 2)...), "a.b", "a.b-v2"},
		"B32: of a base name with a bracket":       {append(versions("foo", 7), versions("foo(", 2)...), "foo(", "foo(-v2"},
		"B25: of a base name within another":       {append(versions("mydb", 7), append(versions("db2", 8), versions("db", 2)...)...), "db", "db-v2"},
		"of a base name that is a version's":       {append(versions("db-v1", 2), versions("db", 1)...), "db-v1", "db-v1-v2"},
		"B33: beside one without labels":           {append(versions("db", 2), secret("db-v7")), "db", "db-v2"},
		"B33: beside one whose label lies":         {append(versions("db", 2), labelled("db-v1", "versionedSecret", "9")), "db", "db-v2"},
		"B33: beside one whose label is no number": {append(versions("db", 2), labelled("db-v7", "versionedSecret", "x")), "db", "db-v2"},
		"B31: beside a plain Secret":               {append(versions("db", 2), secret("db-password")), "db", "db-v2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			latest, ok := versionedsecret.Latest(tc.secrets, tc.base)
			if ok != (tc.want != "") {
				t.Fatalf("found is %t, want %q", ok, tc.want)
			}
			if ok && latest.Name != tc.want {
				t.Errorf("got %q, want %q", latest.Name, tc.want)
			}
		})
	}
}

func TestVersionsAreSortedAsNumbers(t *testing.T) {
	t.Parallel()
	secrets := append(versions("db", 10, 9, 2, 11), append(versions("cache", 1), secret("db-v3"))...)
	want := []string{"db-v2", "db-v9", "db-v10", "db-v11"}
	if diff := cmp.Diff(want, namesOf(versionedsecret.Versions(secrets, "db"))); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestNextIsOneAboveAllVersionsEver(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		secrets      []*corev1.Secret
		highestKnown int64
		want         int64
	}{
		"R14: the first is 1":                          {nil, 0, 1},
		"after version 0 of another writer":            {versions("db", 0), 0, 1},
		"80, R13: v10 follows v9":                      {versions("db", 1, 2, 3, 4, 5, 6, 7, 8, 9), 0, 10},
		"80, R13: v11 follows v10":                     {versions("db", 10, 9), 0, 11},
		"gaps are not filled":                          {versions("db", 1, 5), 0, 6},
		"a number is not given again after deletion":   {versions("db", 1), 4, 5},
		"nor after all versions are deleted":           {nil, 4, 5},
		"what is known may be behind":                  {versions("db", 7), 4, 8},
		"a negative number is none":                    {nil, -5, 1},
		"B62: a foreign Secret on the name":            {append(versions("db", 6), secret("db-v7")), 0, 8},
		"B62: foreign Secrets on several names":        {append(versions("db", 6), secret("db-v8"), secret("db-v7"), secret("db-v10")), 0, 9},
		"a foreign Secret further up":                  {append(versions("db", 1), secret("db-v7")), 0, 2},
		"a foreign Secret on the last name":            {append(versions("db", 1), secret("db-v9999999999")), 0, 2},
		"a foreign Secret on what follows a known one": {[]*corev1.Secret{secret("db-v5")}, 4, 6},
		"a labelled Secret whose label lies":           {append(versions("db", 1), labelled("db-v2", "versionedSecret", "99")), 0, 3},
		"B31: plain Secrets and those of other names":  {[]*corev1.Secret{secret("db"), secret("db-password"), version("mydb", 8), version("db2", 9)}, 0, 1},
		"B32: names are no patterns":                   {versions("dxb", 7), 0, 1},
		"the last ordinal":                             {versions("db", versionedsecret.MaxOrdinal-1), 0, versionedsecret.MaxOrdinal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := versionedsecret.Next(tc.secrets, "db", tc.highestKnown)
			if err != nil || got != tc.want {
				t.Errorf("got %d and error %v, want %d", got, err, tc.want)
			}
		})
	}
}

func TestNextFailsWhenNoOrdinalIsLeft(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		secrets      []*corev1.Secret
		highestKnown int64
	}{
		"the last one is a version":   {versions("db", versionedsecret.MaxOrdinal), 0},
		"the last one is known":       {nil, versionedsecret.MaxOrdinal},
		"the last one is taken":       {append(versions("db", versionedsecret.MaxOrdinal-1), secret("db-v9999999999")), 0},
		"more is known than there is": {nil, math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := versionedsecret.Next(tc.secrets, "db", tc.highestKnown)
			if err == nil || got != 0 {
				t.Errorf("got %d and error %v, want an error", got, err)
			}
		})
	}
}

func TestNewMakesAnImmutableVersionOfASecret(t *testing.T) {
	t.Parallel()
	owner := metav1.OwnerReference{APIVersion: "example.org/v1", Kind: "Example", Name: "owner", UID: "1"}
	given := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:      "db",
			Namespace: "default",
			Labels: map[string]string{
				"team":                                 "a",
				"fissile.cloudfoundry.org/secret-kind": "mine",
				"fissile.cloudfoundry.org/secret-version": "99",
			},
			Annotations: map[string]string{
				"note": "b",
				"fissile.cloudfoundry.org/source-description": "mine",
			},
			OwnerReferences: []metav1.OwnerReference{owner},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{"password": []byte("x")},
	}
	before := given.DeepCopy()
	immutable := true
	want := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:      "db-v2",
			Namespace: "default",
			Labels: map[string]string{
				"team":                                 "a",
				"fissile.cloudfoundry.org/secret-kind": "versionedSecret",
				"fissile.cloudfoundry.org/secret-version": "2",
			},
			Annotations: map[string]string{
				"note": "b",
				"fissile.cloudfoundry.org/source-description": "made by a test",
			},
			// R16: whom a version belongs to is the caller's decision alone.
			OwnerReferences: []metav1.OwnerReference{owner},
		},
		Immutable: &immutable,
		Type:      corev1.SecretTypeOpaque,
		Data:      map[string][]byte{"password": []byte("x")},
	}
	got := versionedsecret.New(given, 2, "made by a test")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
	got.Data["password"][0] = 'y'
	got.Labels["team"] = "z"
	if diff := cmp.Diff(before, given); diff != "" {
		t.Errorf("the given Secret was changed (-before +after):\n%s", diff)
	}
}

func TestNewMakesWhatParseTakes(t *testing.T) {
	t.Parallel()
	base, ordinal, ok := versionedsecret.Parse(versionedsecret.New(secret("db"), 12, ""))
	if base != "db" || ordinal != 12 || !ok {
		t.Errorf("got %q, %d, %t, want db, 12, true", base, ordinal, ok)
	}
}

// A series of runs, each of which adds a version as the operator does.
func TestElevenVersionsFollowOneAnother(t *testing.T) {
	t.Parallel()
	var secrets []*corev1.Secret
	for range 11 {
		ordinal, err := versionedsecret.Next(secrets, "db", 0)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, versionedsecret.New(secret("db"), ordinal, ""))
	}
	want := []string{"db-v1", "db-v2", "db-v3", "db-v4", "db-v5", "db-v6", "db-v7", "db-v8", "db-v9", "db-v10", "db-v11"}
	if diff := cmp.Diff(want, namesOf(secrets)); diff != "" {
		t.Errorf("80: versions (-want +got):\n%s", diff)
	}
	if latest, ok := versionedsecret.Latest(secrets, "db"); !ok || latest.Name != "db-v11" {
		t.Errorf("80: the latest is %v, want db-v11", latest)
	}
}

func TestPruneKeepsTheNewestTheYoungAndThoseInUse(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	// madeAgo makes versions 1, 2, 3 ... created so many minutes ago.
	madeAgo := func(minutes ...int) []*corev1.Secret {
		var secrets []*corev1.Secret
		for i, m := range minutes {
			s := version("db", int64(i+1))
			s.CreationTimestamp = metav1.NewTime(now.Add(-time.Duration(m) * time.Minute))
			secrets = append(secrets, s)
		}
		return secrets
	}
	for name, tc := range map[string]struct {
		secrets []*corev1.Secret
		keep    int
		inUse   string
		want    []string
		// retryIn is in minutes; 0 is never.
		retryIn int
	}{
		"all but the newest three":                       {secrets: madeAgo(99, 98, 97, 96, 95), keep: 3, want: []string{"db-v1", "db-v2"}},
		"12 versions, 3 of them to keep":                 {secrets: madeAgo(99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 88), keep: 3, want: []string{"db-v1", "db-v2", "db-v3", "db-v4", "db-v5", "db-v6", "db-v7", "db-v8", "db-v9"}},
		"no more than are to be kept":                    {secrets: madeAgo(99, 98, 97), keep: 3},
		"fewer than are to be kept":                      {secrets: madeAgo(99), keep: 3},
		"none at all":                                    {keep: 3},
		"the newest stays, though none is to be kept":    {secrets: madeAgo(99, 98), keep: 0, want: []string{"db-v1"}},
		"the newest stays, whatever is to be kept":       {secrets: madeAgo(99, 98), keep: -1, want: []string{"db-v1"}},
		"the newest stays, however old":                  {secrets: madeAgo(99999), keep: 1},
		"a version that was newest 10 minutes ago":       {secrets: madeAgo(99, 10), keep: 1, want: []string{"db-v1"}},
		"one that was newest 9 minutes ago stays":        {secrets: madeAgo(99, 9), keep: 1, retryIn: 1},
		"an old one that was newest just now stays":      {secrets: madeAgo(99, 0), keep: 1, retryIn: 10},
		"the first that may go later says when":          {secrets: madeAgo(99, 50, 7, 4), keep: 1, want: []string{"db-v1"}, retryIn: 3},
		"one in use stays":                               {secrets: madeAgo(99, 98, 97), keep: 1, inUse: "db-v1", want: []string{"db-v2"}},
		"one in use is no reason to come back":           {secrets: madeAgo(99, 9), keep: 1, inUse: "db-v1"},
		"the newest in use takes no place of another":    {secrets: madeAgo(99, 98, 97), keep: 2, inUse: "db-v3", want: []string{"db-v1"}},
		"a Secret that is no version stays":              {secrets: append(madeAgo(99, 98), secret("db-v7"), secret("db-password")), keep: 1, want: []string{"db-v1"}},
		"versions of other names do not count":           {secrets: append(madeAgo(99, 98), version("mydb", 9), version("db2", 9)), keep: 1, want: []string{"db-v1"}},
		"versions that arrive in any order":              {secrets: reversed(madeAgo(99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89)), keep: 9, want: []string{"db-v1", "db-v2"}},
		"one that is being deleted is not deleted again": {secrets: append(deleting(madeAgo(99)), madeAgo(99, 98, 97)[1:]...), keep: 1, want: []string{"db-v2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prunable, retryAt := versionedsecret.Prune(tc.secrets, "db", tc.keep, now, func(s *corev1.Secret) bool { return s.Name == tc.inUse })
			if diff := cmp.Diff(tc.want, namesOf(prunable)); diff != "" {
				t.Errorf("pruned (-want +got):\n%s", diff)
			}
			var want time.Time
			if tc.retryIn > 0 {
				want = now.Add(time.Duration(tc.retryIn) * time.Minute)
			}
			if !retryAt.Equal(want) {
				t.Errorf("retry at %v, want %v", retryAt, want)
			}
		})
	}
}

func reversed(secrets []*corev1.Secret) []*corev1.Secret {
	slices.Reverse(secrets)
	return secrets
}

func deleting(secrets []*corev1.Secret) []*corev1.Secret {
	for _, s := range secrets {
		s.DeletionTimestamp = &metav1.Time{Time: s.CreationTimestamp.Time}
	}
	return secrets
}
