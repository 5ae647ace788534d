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

package fissile

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

var modelForgeries = flag.Int("model.forgeries", 10_000, "how many values of the operator's keys others make up")

// forgedTogether is how many objects somebody makes up before the next run.
const forgedTogether = 5

// forger is somebody who may create Jobs, pods and Secrets in the namespace, and who
// has seen everything there.
type forger struct {
	*rand.Rand
	*world
	// values is how many values of our keys are made up.
	values int
	// seen are the values that our keys have on genuine objects.
	seen map[string][]string
}

// TestForgedKeys checks labels and annotations of ours with any value, on objects that
// others make. They must not change anything else, and must not hold anything up once
// those objects are gone.
func TestForgedKeys(t *testing.T) {
	for _, output := range []*fissilev1.Output{toSecret, {NamePrefix: "out", Versioned: new(true), VersionsToKeep: 2}} {
		first := tellStory(t, scenario{strategy: fissilev1.StrategyNow, output: output})
		first.rests()
		for values, seed := 0, uint64(0); values < *modelForgeries/2; seed++ {
			w := *first.world
			w.budget = budget{} // Nothing else goes wrong.
			w.keepJobs(new(int32(2)))
			f := &forger{Rand: rand.New(rand.NewPCG(seed, 0)), world: &w, seen: map[string][]string{}}
			f.look()
			var forged []string
			for range forgedTogether {
				forged = append(forged, f.forge())
			}
			values += f.values
			if fault := f.judge(); fault != "" {
				t.Fatalf("seed %d: %s, beside\n%s", seed, fault, strings.Join(forged, "\n"))
			}
		}
	}
}

// judge returns what is wrong with two runs, one beside the forged objects and one
// after they are gone, or "" if nothing is.
func (f *forger) judge() string {
	run := func() {
		f.changes(func() {
			if setNow.when(f.world) {
				setNow.do(f.world)
			}
		})
		*f.world = *f.rested()
	}
	run()
	f.changes(func() {
		for k := range kinds {
			for _, v := range f.objects[k] {
				if isForeign(v) {
					f.remove(k, v)
				}
			}
		}
	})
	*f.world = *f.rested()
	run()
	f.keepJobs(nil)
	f.checkRest()
	return f.violation
}

// keepJobs lets the ExtendedJob run once more and keep that many succeeded Jobs.
func (w *world) keepJobs(limit *int32) {
	w.change(func(ej *fissilev1.ExtendedJob) { ej.Spec.SuccessfulJobsHistoryLimit = limit })
	setNow.do(w)
	w.keepUp()
	*w = *w.rested()
}

// changes lets somebody do something.
func (f *forger) changes(do func()) {
	do()
	f.keepUp()
}

// look notes what can be seen of our keys.
func (f *forger) look() {
	for k := range kinds {
		for _, v := range f.objects[k] {
			for _, all := range []map[string]string{v.GetLabels(), v.GetAnnotations()} {
				for key, value := range all {
					f.seen[key] = append(f.seen[key], value)
				}
			}
		}
	}
}

// forge makes an object, and describes it.
func (f *forger) forge() string {
	obj := f.object()
	f.mark(obj)
	if find(f.objects[kindOf(obj)], obj.GetName()) != nil {
		return "nothing"
	}
	f.changes(func() { f.mustCreate(obj) })
	return fmt.Sprintf("%s %s of %q with labels %q and annotations %.200q",
		kindOf(obj), obj.GetName(), ownerUID(obj), obj.GetLabels(), obj.GetAnnotations())
}

// object returns a new object that looks like one of ours.
func (f *forger) object() client.Object {
	ej := f.extendedJob()
	metadata := metav1.ObjectMeta{Namespace: key.Namespace, Labels: maps.Clone(runjob.Labels(ej))}
	if f.IntN(3) > 0 {
		owner := runjob.OwnerReference(ej)
		owner.UID = types.UID(f.pick(string(ej.UID), string(ej.UID), "another"))
		owner.Controller = new(f.IntN(3) > 0)
		metadata.OwnerReferences = []metav1.OwnerReference{owner}
	}
	last := int64(lastRun(ej))
	number := []int64{0, 1, last, last + 1, last + 2, math.MaxInt32, math.MaxInt64 - 1, math.MaxInt64}[f.IntN(8)]
	switch f.IntN(3) {
	case 0:
		metadata.Name = f.pick(runjob.JobName(ej, number), "forged-"+strconv.FormatInt(number, 10))
		job := &batchv1.Job{ObjectMeta: metadata}
		if end := f.IntN(3); end > 0 {
			job.Status.Conditions = []batchv1.JobCondition{{
				Type: []batchv1.JobConditionType{batchv1.JobComplete, batchv1.JobFailed}[end-1], Status: corev1.ConditionTrue,
			}}
		}
		return job
	case 1:
		metadata.Name = podName(f.pick(runjob.JobName(ej, number), "forged"), 9)
		metadata.Labels[batchv1.ControllerUidLabel] = f.pick(append(f.seen[batchv1.ControllerUidLabel], "another")...)
		return &corev1.Pod{ObjectMeta: metadata, Status: corev1.PodStatus{
			Phase: []corev1.PodPhase{corev1.PodPending, corev1.PodRunning, corev1.PodSucceeded, corev1.PodFailed}[f.IntN(4)],
		}}
	default:
		metadata.Name = f.pick("out-other", "other", fmt.Sprintf("%s-v%d", outputSecret, number))
		return &corev1.Secret{ObjectMeta: metadata, Immutable: new(f.IntN(2) > 0), Data: map[string][]byte{printedBy: []byte("evil")}}
	}
}

// mark makes up labels and annotations of ours.
func (f *forger) mark(obj client.Object) {
	labels, annotations := labels.Merge(obj.GetLabels(), map[string]string{foreignLabel: "true"}), map[string]string{}
	for range 1 + f.IntN(6) {
		key := runjob.OperatorKeys()[f.IntN(len(runjob.OperatorKeys()))]
		value := f.value(key)
		f.values++
		if f.IntN(3) == 0 && len(validation.IsValidLabelValue(value)) == 0 {
			labels[key] = value
		} else {
			annotations[key] = value
		}
	}
	if f.IntN(3) == 0 {
		// All keys that one of ours has, so that little is missing.
		for key, values := range f.seen {
			if runjob.IsOperatorKey(key) && annotations[key] == "" {
				annotations[key] = f.pick(values...)
			}
		}
	}
	obj.SetLabels(labels)
	obj.SetAnnotations(annotations)
}

// value returns a value for a key of ours, which may be impossible.
func (f *forger) value(key string) string {
	ej := f.extendedJob()
	switch f.IntN(8) {
	case 0, 1:
		return f.pick(append(f.seen[key], "")...)
	case 2:
		return f.pick("-1", "0", "1", "2", "3", "4", "007", "1e3", "9223372036854775807", "9223372036854775808", "٣", " 1")
	case 3:
		return f.pick(ej.Name, string(ej.UID), outputSecret, "out", "main", string(fissilev1.CauseOnce), "Because", versionedsecret.Kind)
	case 4:
		return f.pick(`{"namePrefix":"planted"}`, `{"namePrefix":"out","versioned":true}`, `{"namePrefix":7}`, `{`, `null`, `[]`, `"main"`,
			strings.Repeat("[", 1000), `{"a":"b"}`, `["main","other"]`)
	case 5:
		return f.pick("main,other", ",", "main,,main", strings.Repeat("a,", 5000))
	case 6:
		return strconv.FormatInt(f.Int64(), 10)
	default:
		value := make([]rune, f.IntN(40))
		for i := range value {
			value[i] = rune(f.IntN(0xd800))
		}
		return string(value)
	}
}

func (f *forger) pick(of ...string) string { return of[f.IntN(len(of))] }
