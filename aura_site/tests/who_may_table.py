"""Who may do what in the admin, as a table: each role, each door."""

from collections.abc import Mapping

# What each role has of its own; the groups have theirs.
ROLES: Mapping[str, tuple[str, ...]] = {
    "staff": (),
    "view": (
        "view_modelpreset",
        "view_activation",
        "view_schedule",
        "view_staffkey",
        "view_apikey",
        "view_callrecord",
        "view_hourlyusage",
        "view_reflection",
        "view_reembedding",
    ),
    "change": (
        "change_modelpreset",
        "change_apikey",
        "change_schedule",
        "change_staffkey",
    ),
    "activate": ("activate_modelpreset",),
    "force": ("activate_modelpreset", "force_modelpreset"),
    "probe": ("probe_modelpreset",),
    "confirm": ("confirm_modelpreset",),
    "roll_back": ("roll_back_modelpreset",),
}
OTHERS = ("anonymous", "guest", "superuser")

# The answer of each door to each role. A status alone changed nothing, but 302: that leads
# on from a change. `made` is a 200 that shows what it made, `back` a 302 that changed
# nothing, `login` one that sends people to sign in.
TABLE = """
door                    anonymous guest staff view change activate force probe confirm roll_back Viewer Operator Admin superuser
GET  status             200       200   200   200  200    200      200   200   200     200       200    200      200   200
GET  home               login     login 200   200  200    200      200   200   200     200       200    200      200   200
GET  list               login     login 403   200  200    200      200   403   403     403       200    200      200   200
GET  form               login     login 403   200  200    200      200   403   403     403       200    200      200   200
POST save               login     login 403   403  302    403      403   403   403     403       403    403      302   302
POST save_live          login     login 403   403  403    403      403   403   403     403       403    403      302   302
GET  add                login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST add                login     login 403   403  403    403      403   403   403     403       403    403      302   302
POST delete             login     login 403   403  403    403      403   403   403     403       403    403      302   302
POST delete_action      login     login 403   200  200    back     back  403   403     403       200    back     302   302
POST activate_action    login     login 403   200  200    back     back  403   403     403       200    back     back  back
POST deactivate_action  login     login 403   200  200    back     back  403   403     403       200    back     back  back
GET  activate           login     login 403   403  403    200      200   403   403     403       403    200      200   200
POST activate           login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST activate_forced    login     login 403   403  403    403      302   403   403     403       403    403      302   302
PUT  activate           login     login 403   403  403    405      405   403   403     403       403    405      405   405
GET  deactivate         login     login 403   403  403    200      200   403   403     403       403    200      200   200
POST deactivate         login     login 403   403  403    302      302   403   403     403       403    302      302   302
GET  confirm            login     login 403   403  403    403      403   403   405     403       403    405      405   405
POST confirm            login     login 403   403  403    403      403   403   302     403       403    302      302   302
GET  revert             login     login 403   403  403    403      403   403   403     405       403    405      405   405
POST revert             login     login 403   403  403    403      403   403   403     302       403    302      302   302
GET  roll_back          login     login 403   403  403    403      403   403   403     200       403    200      200   200
POST roll_back          login     login 403   403  403    403      403   403   403     302       403    302      302   302
PUT  roll_back          login     login 403   403  403    403      403   403   403     405       403    405      405   405
GET  back_check         login     login 403   403  403    403      403   403   403     405       403    405      405   405
POST back_check         login     login 403   403  403    403      403   403   403     302       403    302      302   302
GET  back_progress      login     login 403   403  403    403      403   403   403     200       403    200      200   200
GET  history            login     login 403   200  403    403      403   403   403     200       200    200      200   200
POST history            login     login 403   200  403    403      403   403   403     200       200    200      200   200
GET  revision           login     login 403   200  403    403      403   403   403     200       200    200      200   200
POST revision           login     login 403   403  403    403      403   403   403     403       403    403      403   403
GET  compare            login     login 403   200  403    403      403   403   403     200       200    200      200   200
POST compare            login     login 403   405  403    403      403   403   403     405       405    405      405   405
GET  explain            login     login 403   200  200    200      200   403   403     403       200    200      200   200
POST explain            login     login 403   405  405    405      405   403   403     403       405    405      405   405
GET  export             login     login 403   200  200    200      200   403   403     403       200    200      200   200
POST export             login     login 403   405  405    405      405   403   403     403       405    405      405   405
GET  compare_presets    login     login 403   200  200    200      200   403   403     403       200    200      200   200
POST compare_presets    login     login 403   405  405    405      405   403   403     403       405    405      405   405
GET  schedules          login     login 403   200  200    403      403   403   403     403       200    200      200   200
POST schedules          login     login 403   200  200    403      403   403   403     403       200    200      200   200
POST schedule_add       login     login 403   403  403    403      403   403   403     403       403    403      302   302
POST schedule           login     login 403   403  403    403      403   403   403     403       403    403      302   302
POST schedule_delete    login     login 403   403  403    403      403   403   403     403       403    403      302   302
POST schedule_action    login     login 403   200  200    403      403   403   403     403       200    200      302   302
GET  models             login     login 403   200  200    200      200   403   403     403       200    200      200   200
POST models             login     login 403   405  405    405      405   403   403     403       405    405      405   405
GET  check              login     login 403   403  403    200      200   200   403     403       403    200      200   200
POST check              login     login 403   403  403    302      302   302   403     403       403    302      302   302
PUT  check              login     login 403   403  403    405      405   405   403     403       403    405      405   405
POST progress           login     login 403   403  403    405      405   405   403     403       403    405      405   405
GET  edit_check         login     login 403   403  403    403      403   403   403     403       403    403      405   405
POST edit_check         login     login 403   403  403    403      403   403   403     403       403    403      made  made
POST edit_progress      login     login 403   403  403    403      403   403   403     403       403    403      200   200
GET  canary             login     login 403   403  403    200      200   403   403     403       403    200      200   200
POST canary             login     login 403   403  403    405      405   403   403     403       403    405      405   405
GET  canary_start       login     login 403   403  403    200      200   403   403     403       403    200      200   200
POST canary_start       login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST canary_forced      login     login 403   403  403    403      302   403   403     403       403    403      302   302
GET  canary_step        login     login 403   403  403    405      405   403   403     403       403    405      405   405
POST abort              login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST percent            login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST promote            login     login 403   403  403    302      302   403   403     403       403    302      302   302
GET  staff_keys         login     login 403   200  200    403      403   403   403     403       200    200      200   200
POST staff_add          login     login 403   403  403    403      403   403   403     403       403    403      made  made
GET  staff_key          login     login 403   200  200    403      403   403   403     403       200    200      200   200
POST staff_key          login     login 403   403  302    403      403   403   403     403       403    403      302   302
POST staff_revoke       login     login 403   403  302    403      403   403   403     403       403    403      302   302
POST staff_action       login     login 403   200  302    403      403   403   403     403       200    200      302   302
GET  keys               login     login 403   200  200    403      403   403   403     403       200    200      200   200
GET  key                login     login 403   200  200    403      403   403   403     403       200    200      200   200
POST key                login     login 403   403  302    403      403   403   403     403       403    403      302   302
GET  key_add            login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST key_add            login     login 403   403  403    403      403   403   403     403       403    403      made  made
GET  key_revoke         login     login 403   403  200    403      403   403   403     403       403    403      200   200
POST key_revoke         login     login 403   403  302    403      403   403   403     403       403    403      302   302
POST key_action         login     login 403   200  302    403      403   403   403     403       200    200      302   302
GET  calls              login     login 403   200  403    403      403   403   403     403       200    200      200   200
POST calls              login     login 403   200  403    403      403   403   403     403       200    200      200   200
GET  usage              login     login 403   200  403    403      403   403   403     403       200    200      200   200
POST usage              login     login 403   200  403    403      403   403   403     403       200    200      200   200
GET  reflections        login     login 403   200  403    403      403   403   403     403       200    200      200   200
POST reflections        login     login 403   200  403    403      403   403   403     403       200    200      200   200
POST try_again          login     login 403   200  403    403      403   403   403     403       200    302      302   302
GET  reembeddings       login     login 403   200  403    200      200   403   403     403       200    200      200   200
POST reembeddings       login     login 403   200  403    200      200   403   403     403       200    200      200   200
GET  reembedding        login     login 403   200  403    200      200   403   403     403       200    200      200   200
POST reembedding        login     login 403   403  403    403      403   403   403     403       403    403      403   403
GET  re_begin           login     login 403   403  403    405      405   403   403     403       403    405      405   405
POST re_begin           login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST re_fill            login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST re_pause           login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST re_resume          login     login 403   403  403    302      302   403   403     403       403    302      302   302
POST re_cancel          login     login 403   403  403    302      302   403   403     403       403    302      302   302
GET  person             login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST person             login     login 403   403  403    403      403   403   403     403       403    403      200   200
GET  person_export      login     login 403   403  403    403      403   403   403     403       403    403      405   405
POST person_export      login     login 403   403  403    403      403   403   403     403       403    403      200   200
GET  person_forget      login     login 403   403  403    403      403   403   403     403       403    403      405   405
POST person_forget      login     login 403   403  403    403      403   403   403     403       403    403      302   302
GET  kept               login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST kept               login     login 403   403  403    403      403   403   403     403       403    403      200   200
GET  exchange           login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST exchange_delete    login     login 403   403  403    403      403   403   403     403       403    403      302   302
POST kept_delete        login     login 403   403  403    403      403   403   403     403       403    403      302   302
GET  rehearse           login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST rehearse           login     login 403   403  403    403      403   403   403     403       403    403      302   302
GET  rehearsals         login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST rehearsals         login     login 403   403  403    403      403   403   403     403       403    403      200   200
GET  rehearsal          login     login 403   403  403    403      403   403   403     403       403    403      200   200
POST rehearsal          login     login 403   403  403    403      403   403   403     403       403    403      405   405
POST rehearsal_stop     login     login 403   403  403    403      403   403   403     403       403    403      302   302
GET  playground         login     login 403   403  403    403      403   403   403     403       403    200      200   200
POST playground         405       405   405   405  405    405      405   405   405     405       405    405      405   405
POST prefer             login     login 403   403  403    403      403   403   403     403       403    400      400   400
POST forget             login     login 403   403  403    403      403   403   403     403       403    404      404   404
POST chat_message       401       401   403   403  403    403      403   403   403     403       403    415      415   415
POST chat_stream        401       401   403   403  403    403      403   403   403     403       403    415      415   415
"""
LINES = [line.split() for line in TABLE.strip().splitlines()]
HEAD = LINES[0][1:]
ROWS = [(f"{line[0]} {line[1]}", line[2:]) for line in LINES[1:]]
POSTS = sorted(step.split()[1] for step, _ in ROWS if step.startswith("POST"))
